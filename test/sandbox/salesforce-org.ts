import { Connection } from 'jsforce';
import { createSandboxClock, type SandboxClock } from '../../sandbox/admin/sandbox-clock.ts';
import {
  startSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from '../../sandbox/salesforce/start.ts';

/** A sandbox org under test, its admin port, and real clients for it. */
export interface OpenOrg {
  sandbox: SalesforceSandbox;
  clock: SandboxClock;
  /** A jsforce connection with a fresh access token. */
  connect(options?: { client?: string; version?: string }): Promise<Connection>;
  /** An access token by client credentials. */
  token(): Promise<string>;
  admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** A raw call of the REST API with a token. */
  raw(
    method: string,
    path: string,
    init?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** An answer with its body parsed, when there is one. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Opens an org on free ports, by default with a clock that only {@link OpenOrg.clock} moves away from real time. */
export async function openOrg(options: Partial<SalesforceSandboxOptions> = {}): Promise<OpenOrg> {
  const clock = createSandboxClock();
  const sandbox = await startSalesforceSandbox({ port: 0, clock, ...options });
  let kept: string | undefined;

  async function token(): Promise<string> {
    const { clientId, clientSecret } = sandbox.credentials;
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const request = { method: 'POST', body: new URLSearchParams(form) };
    const answer = await fetch(`${sandbox.url}/services/oauth2/token`, request).catch(() => undefined);
    // A storm blows over the token endpoint too.
    return answer?.ok === true ? ((await answer.json()) as { access_token: string }).access_token : token();
  }

  return {
    sandbox,
    clock,
    token,
    async connect({ client = 'tributary', version = '62.0' } = {}) {
      return new Connection({
        instanceUrl: sandbox.url,
        accessToken: await token(),
        version,
        callOptions: { client },
      });
    },
    async admin(method, path, body) {
      const answer = await fetch(sandbox.adminUrl + path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await answer.json()) as Record<string, unknown>;
    },
    async raw(method, path, { body, headers = {} } = {}) {
      kept ??= await token();
      const answer = await fetch(sandbox.url + path, {
        method,
        headers: { authorization: `Bearer ${kept}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      if (answer.status === 401) kept = undefined;
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
    close: () => sandbox.close(),
  };
}

/** A deal the org accepts. */
export function deal(key: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    attributes: { type: 'Opportunity' },
    Tributary_Deal_Id__c: key,
    Name: `Deal ${key}`,
    StageName: 'Prospecting',
    CloseDate: '2027-03-31',
    ...fields,
  };
}
