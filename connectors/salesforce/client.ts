/**
 * The only file that imports jsforce. It sends one request, once: no hidden retries, no redirects (they would carry
 * the token elsewhere), a deadline over head and body, and the answer's status and headers, which jsforce's own
 * `request` keeps to itself.
 */
import jsforce, { type Connection, type HttpRequest, type HttpResponse } from 'jsforce';
import { HttpApi } from 'jsforce/lib/http-api.js';
import type { z } from 'zod';
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { openSessions, type Session, type Sessions } from './auth.ts';
import { isOver, timeLeft, withinDeadline } from './deadline.ts';
import { refusedCall, silence, Unanswered, unreadable, type Answer, type Purpose } from './errors.ts';
import { refusedSession } from './login-errors.ts';
import { isLoopback } from './hosts.ts';
import type { PostForm } from './login.ts';
import type { Credentials, Settings } from './settings.ts';
import { openUsage, type Usage } from './usage.ts';
import { API_VERSION } from './versions.ts';

export interface Request extends Purpose {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** From the host's root, already encoded. */
  path: string;
  json?: unknown;
  /** Further headers of this one request; with `if-modified-since` the answer may be 304, without a body. */
  headers?: Readonly<Record<string, string>>;
  /** In place of `json`: CSV as it is. */
  csv?: string;
  /** The answer's body is wanted as text, whatever its type: jsforce would take CSV apart by rules of its own. */
  asText?: true;
}

export interface SalesforceClient {
  sessions: Sessions;
  usage: Usage;
  /** When Salesforce last answered one of our requests with success (`Date.now()` scale); 0 before the first. */
  lastAnswered(): number;
  /** One authenticated request; a refused session is renewed once. @throws SyncError for anything but 2xx */
  send(request: Request, options: CallOptions): Promise<Answer>;
  /** The same, with the answer's body checked. */
  read<T extends z.ZodType>(shape: T, request: Request, options: CallOptions): Promise<z.infer<T>>;
}

export function openClient(context: ConnectorContext<Settings, Credentials>): SalesforceClient {
  const sessions = openSessions(context, formsWithoutSession(context.settings));
  const usage = openUsage(context.clock);
  let answeredAt = 0;
  let connected: { session: Session; connection: Connection } | undefined;

  function connectionFor(session: Session): Connection {
    if (connected?.session !== session)
      connected = { session, connection: connect({ ...context.settings, ...session }) };
    return connected.connection;
  }

  async function attempt(request: Request, session: Session, options: CallOptions): Promise<Answer> {
    try {
      const http = toHttpRequest(request, session);
      return await transmit(connectionFor(session), http, options, request.asText);
    } catch (error) {
      if (error instanceof Unanswered) throw silence(error, request);
      throw error;
    }
  }

  async function send(request: Request, options: CallOptions): Promise<Answer> {
    const session = await sessions.current(request, options);
    let answer = await attempt(request, session, options);
    if (isExpired(answer)) {
      const fresh = await sessions.renewed(session, request, options);
      answer = await attempt(request, fresh, options);
      if (isExpired(answer)) throw refusedSession(answer, request, sessions.refusedFresh());
    }
    if (answer.status !== 401) sessions.accepted();
    usage.heed(answer);
    if (answer.status === 304 && request.headers?.['if-modified-since'] !== undefined) return answer;
    if (answer.status < 200 || answer.status > 299) throw refusedCall(answer, request);
    answeredAt = Date.now();
    return answer;
  }

  async function read<T extends z.ZodType>(
    shape: T,
    request: Request,
    options: CallOptions,
  ): Promise<z.infer<T>> {
    const answer = await send(request, options);
    return check(shape, answer.body, request);
  }

  return { sessions, usage, lastAnswered: () => answeredAt, send, read };
}

/** Posts forms to the login server, as one does who has no session yet. */
export function formsWithoutSession(settings: Settings): PostForm {
  const bare = connect({ ...settings, instanceUrl: settings.loginUrl });
  return (url, form, options) => postForm(bare, url, form, options);
}

function connect(where: { instanceUrl: string; accessToken?: string; clientName: string }): Connection {
  return new jsforce.Connection({
    instanceUrl: where.instanceUrl,
    version: API_VERSION,
    callOptions: { client: where.clientName },
    ...(where.accessToken === undefined ? {} : { accessToken: where.accessToken }),
  });
}

async function postForm(
  connection: Connection,
  url: string,
  form: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return transmit(
    connection,
    { method: 'POST', url, headers, body: new URLSearchParams(form).toString() },
    options,
  );
}

function toHttpRequest(request: Request, session: Session): HttpRequest {
  const url = `${session.instanceUrl}${request.path}`;
  if (request.csv !== undefined) {
    const headers = { ...request.headers, 'content-type': 'text/csv; charset=UTF-8' };
    return { method: request.method, url, headers, body: request.csv };
  }
  if (request.json === undefined) return { method: request.method, url, headers: { ...request.headers } };
  return {
    method: request.method,
    url,
    headers: { 'content-type': 'application/json', ...request.headers },
    body: JSON.stringify(request.json),
  };
}

/** @throws Unanswered when no complete answer arrived */
async function transmit(
  connection: Connection,
  request: HttpRequest,
  options: CallOptions,
  asText?: true,
): Promise<Answer> {
  if (isOver(options)) throw new Unanswered(false, undefined);
  const direct = isLoopback(new URL(request.url).hostname) ? { httpProxy: '' } : {};
  const api = new HttpApi(connection, {
    ...direct,
    timeout: timeLeft(options),
    retry: { methods: [] },
    followRedirect: false,
    ...(asText ? { responseType: 'text/plain' } : {}),
  });
  let received: HttpResponse | undefined;
  api.on('response', (response: HttpResponse) => {
    received = response;
  });
  try {
    const body: unknown = await withinDeadline(api.request(request), options);
    if (received) return { status: received.statusCode, headers: received.headers, body };
    throw new Unanswered(true, undefined);
  } catch (error) {
    if (received)
      return { status: received.statusCode, headers: received.headers, body: parseBody(received.body) };
    throw error instanceof Unanswered ? error : new Unanswered(!neverConnected(error), error);
  }
}

/** Failures of name look-up, connecting and the TLS handshake: no byte of the request has left. */
const CONNECT_FAILURES =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|CERT_.*|ERR_TLS_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;

function neverConnected(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    CONNECT_FAILURES.test(String(error.code))
  );
}

/** Some 401s mean that the app or user is blocked: a new token would be refused as well (jsforce's list). */
function isExpired(answer: Answer): boolean {
  if (answer.status !== 401) return false;
  const text = JSON.stringify(answer.body ?? '');
  return (
    !text.includes('Connected app is not attached to Agent') &&
    !text.includes('not valid for use with the REST API')
  );
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @throws SyncError when the value is not of the shape the documentation promises */
export function check<T extends z.ZodType>(shape: T, value: unknown, purpose: Purpose): z.infer<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unreadable(purpose, `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'malformed'}`);
}
