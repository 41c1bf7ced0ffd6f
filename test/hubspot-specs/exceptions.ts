/** A place where HubSpot's own answers, or requests that it takes, break its spec. */
export interface Exception {
  name: string;
  /** Why it is let pass. */
  reason: string;
  /** Of which exchanges: all conditions given must hold. */
  path: RegExp;
  status?: readonly number[];
  /** Where in the exchange, e.g. `response.body.results.0.id`, and what the proxy said. */
  location: RegExp;
  message: RegExp;
}

const FACTS = 'real traffic does so (facts: Official specs)';

/** All of them. One that no exchange needs any more is an error: it would hide the next mistake. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    name: 'create without associations',
    reason: `${FACTS}: create omits associations`,
    path: /^\/crm\/(v3\/objects|objects\/2026-03)\/[^/]+(\/batch\/create)?$/,
    location: /^request\.body(\.inputs\.\d+)?$/,
    message: /required property 'associations'/,
  },
  {
    name: 'search without what has a default',
    reason: `${FACTS}: search omits after, sorts, properties and filterGroups`,
    path: /\/search$/,
    location: /^request\.body$/,
    message: /required property '(after|sorts|properties|filterGroups)'/,
  },
  {
    name: 'ids as numbers',
    reason: `${FACTS}: ids may be numbers`,
    path: /^\/crm\//,
    location: /^request\.body\.(.*\.)?(id|primaryObjectId|objectIdToMerge)$/,
    message: /must be string/,
  },
  {
    name: 'refusals without a category',
    reason: `${FACTS}: some 403s and 429s lack category`,
    path: /^\//,
    status: [403, 429],
    location: /^response\.body$/,
    message: /required property 'category'/,
  },
  {
    name: 'unset property values',
    reason: `${FACTS}: property values may be null`,
    path: /^\/crm\//,
    location: /^(request|response)\.body\.(.*\.)?properties\.\w+$/,
    message: /must be string/,
  },
  {
    name: 'a missing object is answered in HTML',
    reason: `${FACTS}: a missing object answers text/html 404`,
    path: /^\/crm\/(v3\/objects|v4\/objects|objects\/2026-03)\//,
    status: [404],
    location: /^response\.body$/,
    message: /must be object/,
  },
  {
    name: "an app's settings opened by its developer's key",
    reason:
      'these versions define the scheme developer_hapikey and name it for no call; 2025-09 and 2026-09 name it for the same ones',
    path: /^\/webhooks\/(v3|2026-03)\//,
    location: /^request$/,
    message: /^Invalid security scheme used$/,
  },
  {
    name: 'what a static token may do',
    reason: 'private apps and service keys are asked by a call that no spec of the collection describes',
    path: /^\/oauth\/v2\/private-apps\/get\/access-token-info$/,
    location: /^request\.path$/,
    message: /no spec describes/,
  },
  {
    name: 'a success that the spec does not describe',
    reason: 'for these calls the spec has nothing but the answer to errors',
    path: /^\/oauth\/[^/]+\/token\/revoke$|^\/webhooks-journal\/journal\/[^/]+\/(earliest|latest|offset\/[^/]+\/next)$/,
    status: [200, 204],
    location: /^response/,
    message: /./,
  },
];
