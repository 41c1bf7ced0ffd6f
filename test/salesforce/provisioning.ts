/** An org that an administrator prepares, and the user the mirror runs as there: who may nothing but what is granted. */
import { Connection } from 'jsforce';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { Settings, type Credentials } from '../../connectors/salesforce/settings.ts';
import type { Connector, ConnectorContext } from '../../src/crm/connector.ts';
import type { Needs, PlanItem, ProvisionPlan, Provisioner } from '../../src/crm/provisioning.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { needsOf } from '../../src/mapping/needs.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openOrg, type TestOrg } from './open-org.ts';

export const runtimeUser = 'runtime@tributary.example.com';
export const patient = { callTimeoutMs: 20_000 };

export interface OrgToPrepare {
  org: TestOrg;
  needs: Needs;
  provisioner: Provisioner;
  /** As the run-time user. */
  runtime(): Connector;
  plan(choice?: { layouts?: string[]; needs?: Needs }): Promise<ProvisionPlan>;
  /** What an administrator does by hand, through jsforce itself. */
  byHand: Connection;
  /** Plans and carries out; tells what was made. */
  provision(choice?: { layouts?: string[]; needs?: Needs }): Promise<string[]>;
  close(): Promise<void>;
}

export async function openOrgToPrepare(preset: string): Promise<OrgToPrepare> {
  const org = await openOrg({ preset });
  await org.admin('POST', '/users', {
    username: runtimeUser,
    profile: 'Minimum Access - API Only Integrations',
  });
  const needs = needsOf(await loadMapping('mappings/salesforce/mapping.yaml', 'salesforce'));
  const { provisioning } = salesforce;
  if (!provisioning) throw new Error('salesforce cannot be provisioned');
  const context = (credentials: Credentials): ConnectorContext<Settings, Credentials> => ({
    connectionId: 'test',
    settings: Settings.parse({
      loginUrl: org.sandbox.url,
      pubsubEndpoint: org.sandbox.pubsubEndpoint,
      sandbox: true,
      currency: 'USD',
    }),
    credentials,
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  });
  const runtime = salesforce.authorization?.actingAs(org.jwt, runtimeUser) ?? org.jwt;
  const provisioner = provisioning.open(context(org.jwt), context(runtime));
  const plan: OrgToPrepare['plan'] = (choice = {}) =>
    provisioner.plan(choice.needs ?? needs, { runsAs: runtimeUser, layouts: choice.layouts ?? [] }, patient);
  return {
    org,
    needs,
    provisioner,
    byHand: await connectAdmin(org),
    runtime: () => salesforce.open(context(runtime)),
    plan,
    async provision(choice) {
      const made: string[] = [];
      await (await plan(choice)).carryOut((item) => Promise.resolve(void made.push(item.item)), patient);
      return made;
    },
    close: () => org.close(),
  };
}

async function connectAdmin({ sandbox: { url, credentials } }: TestOrg): Promise<Connection> {
  const { clientId, clientSecret } = credentials;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token: accessToken } = (await answer.json()) as { access_token: string };
  return new Connection({ instanceUrl: url, accessToken, version: '62.0' });
}

/** Items by their state, as `field Opportunity.X` names. */
export function inState(plan: ProvisionPlan, ...states: PlanItem['state'][]): string[] {
  return plan.items.filter(({ state }) => states.includes(state)).map(({ item }) => item);
}
