import { pipeline } from 'node:stream';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { carryOut, htmlErrorPage, sendSpoiled, takeTime } from '../../faults/carry-out.ts';
import type { Interruption, RequestPlan } from '../../faults/engine.ts';
import type { Bodies, ResponseStatus } from '../../journal/request-log.ts';
import { bearerToken } from '../oauth/read-form.ts';
import { remainingHold } from '../rules/account-locks.ts';
import type { Sandbox } from '../sandbox.ts';
import { findAnswerer, sessionExpired } from './answer.ts';
import { tooManyLongRequests } from './api-limits.ts';
import { errorReply } from './error-reply.ts';
import { faultReply } from './fault-reply.ts';
import { readIncoming, type IncomingRequest } from './incoming.ts';
import type { Reply } from './request.ts';
import { RestError } from './rest-error.ts';

const HEADERS = {
  'cache-control': 'no-cache,must-revalidate,max-age=0,no-store,private',
  'content-type': 'application/json;charset=UTF-8',
};

/** Creates the HTTP server of the org: REST API and OAuth endpoints. Not yet listening. */
export function createRestServer(sandbox: Sandbox): Server {
  // URIs of up to 16 kB have to reach our own check, beside whatever headers come with them.
  const server = createServer({ maxHeaderSize: 262_144, keepAliveTimeout: 65_000 }, (request, response) => {
    handle(sandbox, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(sandbox, response, unexpected(error));
    });
  });
  return server;
}

async function handle(sandbox: Sandbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const incoming = await readOrRefuse(sandbox, request, response);
  if (incoming === undefined) return;
  const answerer = findAnswerer(sandbox, incoming);
  const plan = sandbox.faults.plan({
    method: incoming.method,
    path: incoming.path,
    endpoint: answerer.endpoint,
  });
  const note = noteTaker(sandbox, incoming, answerer.endpoint);
  const leave = answerer.metered === true ? sandbox.limits.enter() : undefined;
  if (leave === 'too many') return answerAndNote(sandbox, response, tooManyLongRequests(), note);
  try {
    await takeTime(sandbox.latencyMs + plan.delayMs);
    if (plan.before !== undefined) return await interrupt(sandbox, incoming, response, plan.before, note);
    if (plan.repeat === true) await answerer.run(plan.item);
    const reply = await answerer.run(plan.item);
    await takeTime(remainingHold(sandbox.org, incoming.requestId));
    // On disk before anyone is told: what was answered must survive a kill.
    sandbox.journal.flush();
    if (plan.after !== undefined) return await abandon(sandbox, response, plan.after, reply, note);
    answerAndNote(sandbox, response, reply, note);
  } finally {
    leave?.();
  }
}

function answerAndNote(sandbox: Sandbox, response: ServerResponse, reply: Reply, note: Note): void {
  send(sandbox, response, reply);
  note(reply.status, reply);
}

type Note = (status: ResponseStatus, reply?: Reply) => void;

function noteTaker(sandbox: Sandbox, incoming: IncomingRequest, endpoint: string): Note {
  const { requestId, method, path } = incoming;
  return (status, reply) => {
    const answered = {
      at: sandbox.clock.ms(),
      requestId,
      method,
      // Tokens may stand in a query; the log is shown to people.
      path: path.replace(/((?:oauth_)?token=)[^&]+/gi, '$1…'),
      endpoint,
      status,
      records: reply?.records ?? 0,
      error: reply !== undefined && reply.status >= 400 ? errorText(reply) : undefined,
    };
    sandbox.requests.add(answered, () => bodiesOf(incoming, reply));
  };
}

/** Logging in shows secrets, a streamed answer is never held: neither is kept. */
function bodiesOf({ segments, body }: IncomingRequest, reply: Reply | undefined): Bodies {
  if (/^(oauth2|Soap)$/i.test(segments[1] ?? '')) return { request: '(login)', response: '(login)' };
  const response = reply?.stream === undefined ? textOf(reply ?? { status: 0, records: 0 }) : '(stream)';
  return { request: body.toString(), response: response ?? '' };
}

function errorText(reply: Reply): string {
  return JSON.stringify(reply.body).slice(0, 300);
}

async function readOrRefuse(
  sandbox: Sandbox,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<IncomingRequest | undefined> {
  try {
    return await readIncoming(request);
  } catch (error) {
    if (error instanceof RestError) send(sandbox, response, errorReply(error));
    else response.destroy();
    return undefined;
  }
}

async function interrupt(
  sandbox: Sandbox,
  incoming: IncomingRequest,
  response: ServerResponse,
  interruption: Interruption,
  note: Note,
): Promise<void> {
  const outcome = await carryOut(interruption, response);
  if (typeof outcome === 'string') return note(outcome);
  if (outcome.answer.kind === 'status' && outcome.answer.html === true) {
    response.writeHead(outcome.answer.status, { 'content-type': 'text/html;charset=UTF-8' });
    response.end(htmlErrorPage(outcome.answer.status));
    return note(outcome.answer.status);
  }
  const atLogin = incoming.segments[1] === 'oauth2';
  const reply =
    outcome.answer.kind === 'status' ? faultReply(outcome.answer, atLogin) : revoke(sandbox, incoming);
  answerAndNote(sandbox, response, reply, note);
}

function revoke(sandbox: Sandbox, incoming: IncomingRequest): Reply {
  const token = bearerToken(incoming.headers['authorization']);
  if (token !== undefined) sandbox.sessions.revoke(token);
  return errorReply(sessionExpired());
}

async function abandon(
  sandbox: Sandbox,
  response: ServerResponse,
  after: NonNullable<RequestPlan['after']>,
  reply: Reply,
  note: Note,
): Promise<void> {
  if (after.kind === 'spoil') {
    const head = headersOf(sandbox, reply);
    sendSpoiled(response, after.how, { status: reply.status, head, text: textOf(reply) ?? '' });
    return note(after.how === 'cut-off' ? 'reset' : reply.status, reply);
  }
  const outcome = await carryOut(after, response);
  note(outcome === 'timeout' ? 'timeout' : 'reset', reply);
}

function send(sandbox: Sandbox, response: ServerResponse, reply: Reply): void {
  // The connection stays open, as HTTP/1.1 has it; real answers do not say so (recorded).
  response.removeHeader('connection');
  response.writeHead(reply.status, headersOf(sandbox, reply));
  // Broken off in the middle, an answer must not look complete: the connection goes with it.
  if (reply.stream !== undefined) pipeline(reply.stream(), response, () => response.destroy());
  else response.end(textOf(reply));
}

function textOf(reply: Reply): string | undefined {
  return reply.json ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
}

function headersOf(sandbox: Sandbox, reply: Reply): Record<string, string> {
  return {
    ...HEADERS,
    // Clients learn the org's time from here; the machine's would be another one once the clock was moved.
    date: sandbox.clock.now().toUTCString(),
    'sforce-limit-info': sandbox.limits.header(),
    ...reply.headers,
  };
}

function unexpected(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: 500,
    body: [{ message: `sandbox: ${message}`, errorCode: 'UNKNOWN_EXCEPTION' }],
    records: 0,
  };
}
