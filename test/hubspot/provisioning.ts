/** A portal that an administrator prepares, and the app the mirror runs as there. */
import { readFile } from 'node:fs/promises';
import type { HubspotCredentials, HubspotSettings } from '../../connectors/hubspot/config.ts';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { startHubspotSandbox, type HubspotSandbox } from '../../sandbox/hubspot/start.ts';
import type { HubspotSandboxOptions } from '../../sandbox/hubspot/options.ts';
import type { Connector, ConnectorContext } from '../../src/crm/connector.ts';
import type { Needs, PlanItem, ProvisionPlan, Provisioner, WebhookWish } from '../../src/crm/provisioning.ts';
import { parseMapping } from '../../src/mapping/load.ts';
import { needsOf } from '../../src/mapping/needs.ts';
import { systemClock } from '../../src/platform/clock.ts';

export const patient = { callTimeoutMs: 20_000 };

/** Changes the text of the shipped mapping. */
type Edit = (text: string) => string;

interface PortalState {
  deals: { name: string }[];
  groups: { name: string }[];
  labels: unknown[];
  /** The webhooks' target. */
  settings: string | null;
  subscriptions: { id: string; eventType: string; propertyName?: string; active: boolean }[];
}

export interface PortalToPrepare {
  sandbox: HubspotSandbox;
  provisioner: Provisioner;
  /** As the connection's own app. */
  connector: Connector;
  webhooks: WebhookWish;
  needs(edit?: Edit): Promise<Needs>;
  plan(edit?: Edit): Promise<ProvisionPlan>;
  /** Plans and carries out; tells what was made. */
  provision(edit?: Edit): Promise<string[]>;
  planRemoval(made: readonly string[]): Promise<ProvisionPlan>;
  deprovision(made: readonly string[]): Promise<string[]>;
  /** What an administrator does by hand. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  makeProperty(object: string, property: object): Promise<unknown>;
  /** What the maker of the app does by hand. */
  developer(method: string, rest: string, body?: unknown): Promise<unknown>;
  fault(path: string, fault: object): Promise<unknown>;
  /** All of the set-up that provisioning touches, as the API shows it. */
  state(): Promise<PortalState>;
  close(): Promise<void>;
}

interface Choice extends Partial<HubspotSandboxOptions> {
  runtime?: 'oauth' | 'private-app';
  developerKey?: null;
}

export async function openPortalToPrepare(choice: Choice = {}): Promise<PortalToPrepare> {
  const { runtime = 'oauth', developerKey, ...options } = choice;
  const sandbox = await startHubspotSandbox({
    port: 0,
    preset: 'fresh',
    searchLagMs: 0,
    rateLimit: 'off',
    ...options,
  });
  const { credentials } = sandbox;
  const oauth = {
    clientId: credentials.clientId,
    clientSecret: credentials.clientSecret,
    refreshToken: credentials.refreshToken,
  };
  const token = { accessToken: credentials.privateAppToken };
  const contextOf = (given: unknown): ConnectorContext<HubspotSettings, HubspotCredentials> => ({
    connectionId: 'test',
    settings: hubspot.settings.parse({
      baseUrl: sandbox.url,
      sandbox: true,
      appId: String(credentials.appId),
    }),
    credentials: hubspot.credentials.parse(given),
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  });
  const own = contextOf(runtime === 'oauth' ? oauth : token);
  if (!hubspot.provisioning) throw new Error('hubspot cannot be provisioned');
  const provisioner = hubspot.provisioning.open(contextOf(token), own);
  const connector = hubspot.open(own);
  const webhooks: WebhookWish = {
    targetUrl: 'https://tributary.example.com/v1/webhooks/crm/hubspot',
    developerKey: developerKey === null ? null : credentials.developerApiKey,
  };

  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(sandbox.url + path, {
      method,
      headers: {
        authorization: `Bearer ${credentials.privateAppToken}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const read: unknown = text === '' ? null : JSON.parse(text);
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path}: ${text}`);
    return read;
  };
  const listed = async <T>(path: string): Promise<T[]> =>
    ((await api('GET', path)) as { results: T[] }).results;
  const app = `/webhooks/v3/${credentials.appId}`;
  const developer: PortalToPrepare['developer'] = (method, rest, body) =>
    api(method, `${app}/${rest}?hapikey=${credentials.developerApiKey}`, body);
  const shipped = await readFile('mappings/hubspot/mapping.yaml', 'utf8');
  const needs: PortalToPrepare['needs'] = (edit = (text) => text) =>
    Promise.resolve(needsOf(parseMapping(edit(shipped), 'hubspot.yaml', 'hubspot')));
  const carriedOut = async (plan: ProvisionPlan): Promise<string[]> => {
    const done: string[] = [];
    await plan.carryOut((item) => Promise.resolve(void done.push(item.item)), patient);
    return done;
  };
  const plan: PortalToPrepare['plan'] = async (edit) =>
    provisioner.plan(await needs(edit), { runsAs: 'the app', layouts: [], webhooks }, patient);
  const planRemoval: PortalToPrepare['planRemoval'] = (made) =>
    provisioner.planRemoval({ made: new Set(made), webhooks }, patient);
  return {
    sandbox,
    provisioner,
    connector,
    webhooks,
    needs,
    plan,
    provision: async (edit) => carriedOut(await plan(edit)),
    planRemoval,
    deprovision: async (made) => carriedOut(await planRemoval(made)),
    api,
    makeProperty: (object, property) =>
      api('POST', `/crm/v3/properties/${object}`, {
        label: 'Made by hand',
        groupName: object === 'deals' ? 'dealinformation' : 'companyinformation',
        ...property,
      }),
    developer,
    fault: (path, fault) =>
      fetch(`${sandbox.adminUrl}/faults`, {
        method: 'POST',
        body: JSON.stringify({ rules: [{ match: { path }, fault }] }),
      }),
    state: async () => ({
      deals: await listed('/crm/v3/properties/deals'),
      groups: await listed('/crm/v3/properties/deals/groups'),
      labels: await listed('/crm/v4/associations/deals/companies/labels'),
      settings: ((await developer('GET', 'settings')) as { targetUrl?: string }).targetUrl ?? null,
      subscriptions: ((await developer('GET', 'subscriptions')) as { results: PortalState['subscriptions'] })
        .results,
    }),
    close: async () => {
      await connector.close();
      await sandbox.close();
    },
  };
}

/** Items by their state. */
export function inState(plan: ProvisionPlan, ...states: PlanItem['state'][]): string[] {
  return plan.items.filter(({ state }) => states.includes(state)).map(({ item }) => item);
}
