/**
 * Every path of HubSpot's API that this connector calls, with its version, and nothing else.
 *
 * Retirement dates to act on here (HubSpot changelog): `/oauth/v1` 2027-02-16, v4 paths March 2027,
 * v1 to v3 paths September 2027. The dated twins have the same shapes (`/crm/objects/2026-03/…`): paths are written here as
 * HubSpot's own client calls them, and `pathAt` says the same of another version, area by area.
 */

/** What can be called by a version of its own. */
export const apiAreas = [
  'account',
  'objects',
  'search',
  'associations',
  'properties',
  'pipelines',
  'owners',
  'webhooks',
] as const;
export type ApiArea = (typeof apiAreas)[number];

/** `v3` stands for the versions that HubSpot's own client calls: v4 for associations. */
export const apiVersions = ['v3', '2026-03'] as const;
export type ApiVersion = (typeof apiVersions)[number];
export type ApiVersions = Readonly<Partial<Record<ApiArea, ApiVersion>>>;

/** The first that fits counts. */
const AREAS: readonly { area: ApiArea; path: RegExp; dated: string }[] = [
  { area: 'search', path: /^\/crm\/v3\/objects(?=\/[^/]+\/search$)/, dated: '/crm/objects/' },
  { area: 'objects', path: /^\/crm\/v3\/objects(?=\/)/, dated: '/crm/objects/' },
  { area: 'associations', path: /^\/crm\/v4\/associations(?=\/)/, dated: '/crm/associations/' },
  { area: 'properties', path: /^\/crm\/v3\/properties(?=\/)/, dated: '/crm/properties/' },
  { area: 'pipelines', path: /^\/crm\/v3\/pipelines(?=\/)/, dated: '/crm/pipelines/' },
  { area: 'owners', path: /^\/crm\/v3\/owners(?=[/?]|$)/, dated: '/crm/owners/' },
  { area: 'webhooks', path: /^\/webhooks\/v3(?=\/)/, dated: '/webhooks/' },
  { area: 'account', path: /^\/account-info\/v3(?=\/)/, dated: '/account-info/' },
];

/** A path of this file, of the version chosen for its area. */
export function pathAt(path: string, versions: ApiVersions): string {
  const found = AREAS.find((one) => one.path.test(path));
  const version = found === undefined ? undefined : versions[found.area];
  if (found === undefined || version === undefined || version === 'v3') return path;
  return path.replace(found.path, `${found.dated}${version}`);
}

/** Token endpoints take their parameters in the body in all of them; `v1` only where a proxy or an old app demands it. */
export const oauthVersions = ['v3', '2026-03', 'v1'] as const;
export type OauthVersion = (typeof oauthVersions)[number];

/** Exchanges codes and renews. */
export function tokenPath(version: OauthVersion): string {
  return `/oauth/${version}/token`;
}

/** Tells what an access token is: its portal and its scopes. v1 has an endpoint of another form. */
export function introspectPath(version: Exclude<OauthVersion, 'v1'>): string {
  return `/oauth/${version}/token/introspect`;
}

export function revokePath(version: Exclude<OauthVersion, 'v1'>): string {
  return `/oauth/${version}/token/revoke`;
}

/** v1 knows tokens by their path only. */
export function v1AccessTokenPath(token: string): string {
  return `/oauth/v1/access-tokens/${segment(token)}`;
}

export function v1RefreshTokenPath(token: string): string {
  return `/oauth/v1/refresh-tokens/${segment(token)}`;
}

/** Tells what a private app's token or a service key may do; the token in the body is all the authentication there is. */
export const staticTokenInfoPath = '/oauth/v2/private-apps/get/access-token-info';

/** The page where an administrator of the portal lets the app in; not at the API's host. */
export const authorizePagePath = '/oauth/authorize';

export const accountPath = '/account-info/v3/details';

export type BatchAction = 'create' | 'upsert' | 'update' | 'read' | 'archive';

export function objectBatchPath(object: string, action: BatchAction, archived = false): string {
  return `/crm/v3/objects/${segment(object)}/batch/${action}${archived ? '?archived=true' : ''}`;
}

/** What is archived of an object, a hundred at a time. */
export function archivedPath(object: string, after?: string): string {
  const next = after === undefined ? '' : `&after=${segment(after)}`;
  return `/crm/v3/objects/${segment(object)}?limit=100&archived=true&properties=hs_object_id${next}`;
}

export function searchPath(object: string): string {
  return `/crm/v3/objects/${segment(object)}/search`;
}

/** Searches have a limit of their own. */
export function isSearch(path: string): boolean {
  return path.endsWith('/search');
}

/** At most 500 of them (facts: none; HubSpot's official spec of owners). */
export function ownersPath(archived: boolean, after?: string): string {
  return `/crm/v3/owners?limit=500&archived=${archived}${after === undefined ? '' : `&after=${segment(after)}`}`;
}

/** All properties of an object, or one of them. */
export function propertiesPath(object: string, name?: string): string {
  return `/crm/v3/properties/${segment(object)}${name === undefined ? '' : `/${segment(name)}`}`;
}

export function propertyGroupsPath(object: string, name?: string): string {
  return `/crm/v3/properties/${segment(object)}/groups${name === undefined ? '' : `/${segment(name)}`}`;
}

/** The labels between two objects, or one of them. */
export function associationLabelsPath(from: string, to: string, typeId?: number): string {
  const one = typeId === undefined ? '' : `/${typeId}`;
  return `/crm/v4/associations/${segment(from)}/${segment(to)}/labels${one}`;
}

/** Settings of an app, opened by its developer's key. */
export function webhookSettingsPath(appId: string): string {
  return `/webhooks/v3/${segment(appId)}/settings`;
}

export function webhookSubscriptionsPath(appId: string, id?: string): string {
  return `/webhooks/v3/${segment(appId)}/subscriptions${id === undefined ? '' : `/${segment(id)}`}`;
}

export function pipelinesPath(object: string): string {
  return `/crm/v3/pipelines/${segment(object)}`;
}

export function associationBatchPath(
  from: string,
  to: string,
  action: 'create' | 'read' | 'labels/archive',
): string {
  return `/crm/v4/associations/${segment(from)}/${segment(to)}/batch/${action}`;
}

/** The journal has no older version than this one. It is the app's, of all its portals: one is asked for. */
const JOURNAL = '/webhooks-journal/journal/2026-03';

export const journalSubscriptionsPath = '/webhooks-journal/subscriptions/2026-03';

export function journalEarliestPath(portalId: string): string {
  return `${JOURNAL}/earliest?installPortalId=${segment(portalId)}`;
}

export function journalLatestPath(portalId: string): string {
  return `${JOURNAL}/latest?installPortalId=${segment(portalId)}`;
}

/** The entry after that offset. */
export function journalNextPath(offset: string, portalId: string): string {
  return `${JOURNAL}/offset/${segment(offset)}/next?installPortalId=${segment(portalId)}`;
}

/** Object names come out of a mapping file: one that holds a slash must not become another endpoint. */
function segment(name: string): string {
  return encodeURIComponent(name);
}
