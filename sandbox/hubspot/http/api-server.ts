import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readBody } from '../../admin/read-body.ts';
import { carryOut, sendSpoiled, takeTime } from '../../faults/carry-out.ts';
import type { Interruption, RequestPlan } from '../../faults/engine.ts';
import type { SpoilFault } from '../../faults/rules.ts';
import type { ResponseStatus } from '../../journal/request-log.ts';
import { authenticate, bearerToken, checkScopes, unknownToken } from '../auth/authorise.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Call } from './call.ts';
import { faultAnswer } from './fault-answer.ts';
import { createRouter, type Match, type Router } from './router.ts';
import { allRoutes } from './routes.ts';
import { errorAnswer, VendorError, type Answer } from './vendor-error.ts';

/** Creates the API's HTTP server; the caller starts and stops it. */
export function createApiServer(sandbox: Sandbox): Server {
  const router = createRouter(allRoutes());
  return createServer((request, response) => {
    void serve(sandbox, router, request, response);
  });
}

/** A fault of the sandbox itself; the request log has its stack. */
const INTERNAL = errorAnswer(500, { message: 'Internal error' });

/** What became of a request, for the log. */
interface Outcome {
  status: ResponseStatus;
  error: string | undefined;
}

async function serve(
  sandbox: Sandbox,
  router: Router,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET';
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const match = router(method, path);
  const found = typeof match === 'object' ? match : undefined;
  const endpoint = found?.endpoint ?? `${method} (unknown)`;
  const requestId = randomUUID();
  // In the sandbox's own time: clients window their polls by this header, and records are stamped with that clock.
  response.setHeader('Date', sandbox.clock.now().toUTCString());
  const token = bearerToken(request.headers.authorization);
  let records = 0;
  let outcome: Outcome = { status: 'reset', error: 'client went away' };
  let sent = '';
  let answered = '';
  let countedAt: number | undefined;
  try {
    const body = await readBody(request);
    sent = body.toString();
    const plan = sandbox.faults.plan({ method, path, endpoint });
    await takeTime(sandbox.latencyMs + plan.delayMs);
    const stopped = plan.before && (await interrupt(sandbox, plan.before, token, requestId, response));
    if (stopped !== undefined) outcome = stopped;
    else if (found === undefined) outcome = send(response, noRoute(match), requestId, {});
    else {
      const call = createCall(sandbox, found, request, query, body, requestId, plan);
      countedAt = call.now;
      if (plan.repeat === true) answer(call, found, token);
      const done = answer(call, found, token);
      answered = done.answer.json === undefined ? '' : JSON.stringify(done.answer.json);
      records = call.records;
      // Committed writes are on disk before anyone is told: a kill right after the answer loses nothing.
      sandbox.journal.flush();
      if (plan.after?.kind === 'spoil') {
        outcome = sendBadly(response, plan.after.how, done.answer, done.headers);
      } else {
        outcome =
          (plan.after && (await interrupt(sandbox, plan.after, token, requestId, response))) ??
          send(response, done.answer, requestId, done.headers);
      }
    }
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (request.complete && !response.headersSent) send(response, INTERNAL, requestId, {});
    else response.destroy();
    outcome = { status: request.complete ? 500 : 'reset', error: message };
  }
  // When the limits counted it: sending the answer takes time, and the log tells how full the limits were.
  const at = countedAt ?? sandbox.clock.ms();
  sandbox.requests.add({ at, requestId, method, path, endpoint, records, ...outcome }, () =>
    path.startsWith('/oauth')
      ? { request: '(login)', response: '(login)' }
      : { request: sent, response: answered },
  );
}

function createCall(
  sandbox: Sandbox,
  match: Match,
  request: IncomingMessage,
  query: string,
  body: Buffer,
  requestId: string,
  plan: RequestPlan,
): Call {
  return {
    sandbox,
    method: request.method ?? 'GET',
    params: match.params,
    types: match.types,
    query: new URLSearchParams(query),
    contentType: request.headers['content-type'] ?? '',
    body,
    grant: undefined,
    requestId,
    now: sandbox.clock.ms(),
    itemFault: plan.item,
    records: 0,
    dated: match.dated,
  };
}

/** Runs the route behind authentication, scopes and limits, in that order: a 403 uses up no call [R]. */
function answer(
  call: Call,
  { route, types }: Match,
  token: string,
): { answer: Answer; headers: Record<string, string> } {
  const { sandbox } = call;
  let headers: Record<string, string> = {};
  try {
    if (route.authenticated) {
      call.grant = authenticate(sandbox, token);
      checkScopes(call.grant, route, types);
      const refused = sandbox.limits.take(call.grant, route.limit, call.now);
      headers = sandbox.limits.headers(call.grant, route.limit, call.now);
      if (refused !== undefined) return { answer: refused, headers };
    }
    return { answer: route.handle(call), headers };
  } catch (error) {
    if (error instanceof VendorError) return { answer: error.answer, headers };
    throw error;
  }
}

async function interrupt(
  sandbox: Sandbox,
  interruption: Interruption,
  token: string,
  requestId: string,
  response: ServerResponse,
): Promise<Outcome> {
  const done = await carryOut(interruption, response);
  if (typeof done === 'string') return { status: done, error: 'fault' };
  if (done.answer.kind === 'status') return send(response, faultAnswer(sandbox, done.answer), requestId, {});
  sandbox.tokens.revoke(token);
  return send(response, unknownToken().answer, requestId, {});
}

function noRoute(match: 'method' | undefined | Match): Answer {
  if (match === 'method') return errorAnswer(405, { message: 'HTTP 405 Method Not Allowed' });
  return errorAnswer(404, { message: 'resource not found', category: 'OBJECT_NOT_FOUND' });
}

function send(
  response: ServerResponse,
  answer: Answer,
  requestId: string,
  headers: Record<string, string>,
): Outcome {
  const { status, html, error } = answer;
  const json = status >= 400 && isObject(answer.json) ? withCorrelation(answer.json, requestId) : answer.json;
  const payload = html ?? (json === undefined ? '' : JSON.stringify(json));
  response.writeHead(status, {
    ...(payload === ''
      ? {}
      : {
          'Content-Type': html === undefined ? 'application/json;charset=utf-8' : 'text/html;charset=utf-8',
        }),
    ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(payload) }),
    'X-Hubspot-Correlation-Id': requestId,
    ...headers,
    ...answer.headers,
  });
  response.end(payload);
  return { status, error };
}

/** A good answer that does not arrive as one: the work is done all the same. */
function sendBadly(
  response: ServerResponse,
  how: SpoilFault['how'],
  { status, json }: Answer,
  headers: Record<string, string>,
): Outcome {
  const text = json === undefined ? '' : JSON.stringify(json);
  const head = { 'content-type': 'application/json;charset=utf-8', ...headers };
  sendSpoiled(response, how, { status, head, text });
  return { status: how === 'cut-off' ? 'reset' : status, error: 'fault' };
}

function withCorrelation(json: Record<string, unknown>, requestId: string): Record<string, unknown> {
  // OAuth's own error bodies carry no correlation id.
  return json['status'] === 'error' ? { ...json, correlationId: requestId } : json;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
