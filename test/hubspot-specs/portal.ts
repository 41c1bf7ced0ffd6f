import type { HubspotSandbox } from '../../sandbox/hubspot/start.ts';

/** The portal under check: its API behind the validating proxy, its admin port directly. */
export interface Portal {
  sandbox: HubspotSandbox;
  /** The tap in front of the proxy. */
  url: string;
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answered>;
  form(path: string, fields: Record<string, string>): Promise<Answered>;
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
}

interface CallOptions {
  token?: string;
}

/** Status and parsed JSON; `{}` when the answer has none. */
export interface Answered {
  status: number;
  json: Record<string, unknown>;
}

/** Plain HTTP to a portal, as one would try out an API. */
export function openPortal(sandbox: HubspotSandbox, url: string): Portal {
  return {
    sandbox,
    url,
    call: (method, path, body, { token = sandbox.credentials.privateAppToken } = {}) =>
      ask(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    form: (path, fields) => ask(url + path, { method: 'POST', body: new URLSearchParams(fields) }),
    async admin(method, path, body) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const { status, json } = await ask(sandbox.adminUrl + path, init);
      if (status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
      return json;
    },
  };
}

async function ask(url: string, init: RequestInit): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    json: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}
