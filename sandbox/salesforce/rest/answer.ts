import { viewOf } from '../access/act-as.ts';
import { findAsyncRoute } from '../bulk-v1/routes.ts';
import { DmlError } from '../dml/dml-error.ts';
import { bearerToken } from '../oauth/read-form.ts';
import { findOauthRoute } from '../oauth/routes.ts';
import { OauthError } from '../oauth/oauth-error.ts';
import type { RequestPlan } from '../../faults/engine.ts';
import type { Sandbox } from '../sandbox.ts';
import { findSoapRoute } from '../soap/routes.ts';
import type { Actor } from '../store/transaction.ts';
import { errorReply } from './error-reply.ts';
import type { IncomingRequest } from './incoming.ts';
import type { Reply } from './request.ts';
import { notFound, RestError } from './rest-error.ts';
import { findRoute } from './routes.ts';
import { isRetired, isVersion, listVersions } from './versions.ts';

/** What answers a request, found before the fault rules are asked. */
export interface Answerer {
  endpoint: string;
  /** Counts towards the limit on long requests; logging in does not. */
  metered?: true;
  run(failItem: RequestPlan['item']): Promise<Reply> | Reply;
}

/** Finds what answers a request. */
export function findAnswerer(sandbox: Sandbox, incoming: IncomingRequest): Answerer {
  const { method, segments } = incoming;
  const oauth =
    findOauthRoute(method, segments) ?? findSoapRoute(method, segments) ?? findAsyncRoute(method, segments);
  if (oauth !== undefined) {
    return {
      endpoint: oauth.endpoint,
      run: () => refusalsAsReplies(() => oauth.run({ sandbox, ...incoming })),
    };
  }
  if (method === 'POST' && segments[0] === 'cometd')
    return { endpoint: 'POST /cometd/{version}', run: () => sandbox.cometd.answer(incoming) };
  if (segments[0] !== 'services' || segments[1] !== 'data')
    return { endpoint: `${method} /{unknown}`, run: () => errorReply(notFound()) };
  if (segments.length === 2) {
    return { endpoint: 'GET /services/data', run: () => ({ status: 200, body: listVersions(), records: 0 }) };
  }
  return dataAnswerer(sandbox, incoming);
}

function dataAnswerer(sandbox: Sandbox, incoming: IncomingRequest): Answerer {
  const { method, segments } = incoming;
  const version = (segments[2] ?? '').slice(1);
  const found =
    isVersion(version) && segments[2]?.startsWith('v') ? findRoute(method, segments.slice(3)) : undefined;
  const run = (failItem: RequestPlan['item']): Reply => {
    const actor = authenticate(sandbox, incoming, version);
    const view = viewOf(sandbox, actor.userId);
    if (!sandbox.settings.current.apiEnabled || !view.permissions.has('ApiEnabled')) throw apiDisabled();
    sandbox.limits.use();
    if (isRetired(version)) throw new RestError(410, 'GONE', `API version ${version} is retired`);
    if (found === undefined) throw notFound();
    if (found.handler === undefined) throw wrongMethod(method, found.allowed);
    const { params } = found;
    return found.handler({ ...incoming, sandbox: view.sandbox, version, params, actor, failItem, findRoute });
  };
  const endpoint = found?.endpoint ?? `${method} /services/data/{unknown}`;
  return { endpoint, metered: true, run: (failItem) => refusalsAsReplies(() => run(failItem)) };
}

/** The 401 for a token that is unknown, expired or revoked. */
export function sessionExpired(): RestError {
  return new RestError(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
}

function authenticate(sandbox: Sandbox, incoming: IncomingRequest, version: string): Actor {
  const session = sandbox.sessions.find(bearerToken(incoming.headers['authorization']) ?? '');
  if (session === undefined) throw sessionExpired();
  const client = clientName(incoming.headers['sforce-call-options']);
  return {
    origin: 'api',
    userId: session.userId,
    client,
    changeOrigin: `com/salesforce/api/rest/${version}${client === '' ? '' : `;client=${client}`}`,
    requestId: incoming.requestId,
  };
}

/** Reads `Sforce-Call-Options: client=NAME, defaultNamespace=…`. */
function clientName(header: string | string[] | undefined): string {
  return /(?:^|[,;])\s*client\s*=\s*([^,;]+)/i.exec(String(header ?? ''))?.[1]?.trim() ?? '';
}

function apiDisabled(): RestError {
  return new RestError(403, 'API_DISABLED_FOR_ORG', 'The REST API is not enabled for this Organization.');
}

function wrongMethod(method: string, allowed: readonly string[]): RestError {
  return new RestError(
    405,
    'METHOD_NOT_ALLOWED',
    `HTTP Method '${method}' not allowed. Allowed are ${['HEAD', ...allowed].join(',')}`,
  );
}

async function refusalsAsReplies(work: () => Promise<Reply> | Reply): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RestError || error instanceof DmlError) return errorReply(error);
    if (error instanceof OauthError) {
      return {
        status: error.status,
        body: { error: error.code, error_description: error.message },
        records: 0,
      };
    }
    throw error;
  }
}
