/**
 * The only file that touches @hubspot/api-client. Three of its habits are switched off here, for good:
 * - Retries and limiters live in a process-global singleton, so the client constructed last (by anybody) decides for all;
 *   with retries it POSTs again after a 5xx, which duplicates records. Our calls do not pass through that singleton.
 * - It has no timeout: a connection that hangs would hold a worker for ever. Each call carries an abort signal.
 * - It follows redirects with the bearer token. Ours refuses them.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Client } from '@hubspot/api-client';
import { HttpClient } from '@hubspot/api-client/lib/src/services/http/HttpClient.js';
import { Request } from '@hubspot/api-client/lib/src/services/http/Request.js';
import type { CallOptions } from '../../src/crm/connector.ts';
import { pathAt, type ApiVersions } from './versions.ts';

type Configuration = Client['config'];
type RequestOptions = NonNullable<Parameters<Client['apiRequest']>[0]>;
type Wire = Awaited<ReturnType<Client['apiRequest']>>;

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** Sent as a form instead. */
  form?: Record<string, string>;
  accessToken?: string;
}

/** An answer of any status, read to its end. */
export interface Answer {
  status: number;
  /** Parsed JSON; undefined when the body is empty or is not JSON (gateways answer in HTML). */
  json: unknown;
  text: string;
  header(name: string): string | null;
}

/** The call ended without an answer. */
export class NoAnswer extends Error {
  /** not-sent: it cannot have reached HubSpot. no-turn: held back here. timeout, aborted, broken: it may have. */
  readonly reason: 'not-sent' | 'no-turn' | 'timeout' | 'aborted' | 'broken';

  constructor(reason: NoAnswer['reason'], cause?: unknown) {
    super(`no answer: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = 'NoAnswer';
    this.reason = reason;
  }
}

export interface HubspotClient {
  /** Exactly one HTTP request. @throws NoAnswer, and nothing else, when there was no complete answer by the deadline. */
  send(call: Call, options: CallOptions): Promise<Answer>;
  close(): void;
}

/** Idle sockets are dropped before the far end does it: a write on a half-closed socket is ambiguous. */
const IDLE_SOCKET_MS = 4000;
/** Errors that precede the first byte of the request. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** @param versions of which version of the API which area is called */
export function createHubspotClient(baseUrl: string, versions: ApiVersions = {}): HubspotClient {
  const origin = new URL(baseUrl).origin;
  const Agent = origin.startsWith('https:') ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_SOCKET_MS });
  const client = new BoundedClient({ basePath: origin, numberOfApiCallRetries: 0, httpAgent: agent });

  return {
    send: (call, options) => {
      const dated = { ...call, path: pathAt(call.path, versions) };
      return withinDeadline(options, (signal) => exchange(client, dated, signal));
    },
    close: () => agent.destroy(),
  };
}

/** The vendor's client with its own request and transport, but with a signal, our agent and no redirects. */
class BoundedClient extends Client {
  sendOnce(options: RequestOptions, signal: AbortSignal): Promise<Wire> {
    return HttpClient.send(new BoundedRequest(this.config, options, signal));
  }
}

class BoundedRequest extends Request {
  readonly #bounds: { signal: AbortSignal; agent: Configuration['httpAgent']; redirect: 'error' };

  constructor(config: Configuration, options: RequestOptions, signal: AbortSignal) {
    super(config, options);
    this.#bounds = { signal, agent: config.httpAgent, redirect: 'error' };
  }

  override getSendData(): ReturnType<Request['getSendData']> {
    return { ...super.getSendData(), ...this.#bounds };
  }
}

async function exchange(client: BoundedClient, call: Call, signal: AbortSignal): Promise<Answer> {
  const response = await client.sendOnce(requestOptions(call), signal);
  const text = await response.text();
  return {
    status: response.status,
    text,
    json: parseJson(text),
    header: (name) => response.headers.get(name),
  };
}

function requestOptions({ method, path, body, form, accessToken }: Call): RequestOptions {
  const headers: Record<string, string> = {};
  // Passed with each call: setAccessToken() would re-run the initialisation of the global singleton.
  if (accessToken !== undefined) headers['Authorization'] = `Bearer ${accessToken}`;
  if (form === undefined) return { method, path, headers, body };
  headers['Content-Type'] = 'application/x-www-form-urlencoded';
  return { method, path, headers, body: new URLSearchParams(form).toString(), defaultJson: false };
}

async function withinDeadline<T>(options: CallOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const left = options.deadline - Date.now();
  if (left <= 0 || options.signal?.aborted) throw new NoAnswer('not-sent');
  const controller = new AbortController();
  let reason: NoAnswer['reason'] = 'broken';
  const stop = (why: NoAnswer['reason']): void => {
    reason = why;
    controller.abort();
  };
  const timer = setTimeout(() => stop('timeout'), left);
  const onAbort = (): void => stop('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await run(controller.signal);
  } catch (cause) {
    throw new NoAnswer(reason === 'broken' && neverConnected(cause) ? 'not-sent' : reason, cause);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function neverConnected(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && NEVER_CONNECTED.has(String(cause.code));
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
