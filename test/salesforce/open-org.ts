/** A Salesforce sandbox of its own for one test file, and connectors to it through the real client. */
import { setTimeout as sleep } from 'node:timers/promises';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import type { Credentials, Settings } from '../../connectors/salesforce/settings.ts';
import { Settings as SettingsSchema } from '../../connectors/salesforce/settings.ts';
import type { CallOptions, Connector, Fields } from '../../src/crm/connector.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { startSalesforceSandbox, type SalesforceSandbox } from '../../sandbox/salesforce/start.ts';

export const dealKey = 'Tributary_Deal_Id__c';
export const accountKey = 'Tributary_Account_Key__c';
export const contactKey = 'Tributary_Contact_Key__c';

export interface TestOrg {
  sandbox: SalesforceSandbox;
  /** Logged in by refresh token. */
  connector: Connector;
  connect(how?: {
    credentials?: Credentials;
    settings?: Partial<Settings>;
    clock?: Clock;
    saved?: (changed: Credentials) => Promise<void>;
  }): Connector;
  refresh: Credentials;
  jwt: Credentials;
  admin(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  fault(rule: object): Promise<unknown>;
  calm(): Promise<unknown>;
  seed(object: string, ...records: object[]): Promise<string[]>;
  play(action: string, id: string, more?: object): Promise<unknown>;
  records(object: string): Promise<Record<string, unknown>[]>;
  record(object: string, id: string): Promise<Record<string, unknown>>;
  /** How many requests the sandbox answered since the last `forget`, by endpoint. */
  calls(): Promise<Record<string, number>>;
  forget(): Promise<unknown>;
  logged: string[];
  close(): Promise<void>;
}

export async function openOrg(
  options: Omit<Parameters<typeof startSalesforceSandbox>[0], 'port'> = {},
): Promise<TestOrg> {
  const sandbox = await startSalesforceSandbox({ port: 0, ...options });
  const { clientId, clientSecret, refreshToken, username, privateKey } = sandbox.credentials;
  const refresh: Credentials = { kind: 'refresh', clientId, clientSecret, refreshToken };
  const jwt: Credentials = { kind: 'jwt', clientId, username, privateKey };
  const logged: string[] = [];
  const note = (about: object, message: string) => void logged.push(`${message} ${JSON.stringify(about)}`);

  const connect: TestOrg['connect'] = (how = {}) =>
    salesforce.open({
      connectionId: 'test',
      settings: SettingsSchema.parse({
        loginUrl: sandbox.url,
        pubsubEndpoint: sandbox.pubsubEndpoint,
        sandbox: true,
        ...how.settings,
      }),
      credentials: how.credentials ?? refresh,
      saveCredentials: how.saved ?? (() => Promise.resolve()),
      clock: how.clock ?? systemClock,
      log: { debug: note, info: note, warn: note },
    });

  async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${sandbox.adminUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  return {
    sandbox,
    connector: connect(),
    connect,
    refresh,
    jwt,
    admin,
    fault: (rule) => admin('POST', '/faults', { rules: [rule] }),
    calm: () => admin('DELETE', '/faults'),
    seed: async (object, ...records) =>
      ((await admin('POST', '/seed', { object, records })) as { ids: string[] }).ids,
    play: (action, id, more) => admin('POST', '/play', { action, id, ...more }),
    records: async (object) => (await admin('GET', `/records/${object}`)) as Record<string, unknown>[],
    record: async (object, id) => (await admin('GET', `/records/${object}/${id}`)) as Record<string, unknown>,
    async calls() {
      const summary = (await admin('GET', '/requests/summary')) as Record<string, { calls: number }>;
      return Object.fromEntries(Object.entries(summary).map(([endpoint, { calls }]) => [endpoint, calls]));
    },
    forget: () => admin('DELETE', '/requests'),
    logged,
    close: () => sandbox.close(),
  };
}

export function within(ms = 20_000): CallOptions {
  return { deadline: Date.now() + ms };
}

export function opportunity(more: Fields = {}): Fields {
  return { Name: 'Acme: 40 seats', StageName: 'Prospecting', CloseDate: '2026-06-30', ...more };
}

/** Waits until `done` holds; fails with what was seen last. */
export async function until<T>(look: () => T | Promise<T>, done: (seen: T) => boolean): Promise<T> {
  let seen = await look();
  for (let tries = 0; !done(seen) && tries < 400; tries += 1) {
    await sleep(25);
    seen = await look();
  }
  if (!done(seen)) throw new Error(`still not so: ${JSON.stringify(seen)}`);
  return seen;
}
