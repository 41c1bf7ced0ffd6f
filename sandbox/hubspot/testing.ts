import { startHubspotSandbox, type HubspotSandbox } from './start.ts';
import type { HubspotSandboxOptions } from './options.ts';

/** A sandbox for one test, with plain HTTP at hand. */
export interface TestSandbox extends HubspotSandbox {
  /** Calls the API with the private-app token (or another) and parses the answer. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<TestAnswer>;
  admin<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
}

export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

const running: HubspotSandbox[] = [];

/** Starts a sandbox that {@link stopSandboxes} will stop. */
export async function startForTest(options: Partial<HubspotSandboxOptions> = {}): Promise<TestSandbox> {
  const sandbox = await startHubspotSandbox({ port: 0, searchLagMs: 0, ...options });
  running.push(sandbox);
  return {
    ...sandbox,
    call: (method, path, body, token = sandbox.credentials.privateAppToken) =>
      call(sandbox.url + path, method, body, { authorization: `Bearer ${token}` }),
    admin: async <T>(method: string, path: string, body?: unknown) =>
      (await call(sandbox.adminUrl + path, method, body, {})).json as T,
  };
}

/** Stops what the tests of a file started. */
export async function stopSandboxes(): Promise<void> {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
}

async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<TestAnswer> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, json };
}
