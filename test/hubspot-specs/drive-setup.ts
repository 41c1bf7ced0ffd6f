import { readFile } from 'node:fs/promises';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import type { ProvisionPlan } from '../../src/crm/provisioning.ts';
import { parseMapping } from '../../src/mapping/load.ts';
import { needsOf } from '../../src/mapping/needs.ts';
import type { ApiVersion } from './needed-apis.ts';
import { contextOf, soon } from './open-connector.ts';
import type { Portal } from './portal.ts';

const patient = { callTimeoutMs: 60_000 };

/** Takes away what the mirror needs, makes it anew, looks at it through the app's own eyes, and hears from the journal. */
export async function driveSetup(portal: Portal, version: ApiVersion): Promise<void> {
  const { clientId, clientSecret, refreshToken, privateAppToken, developerApiKey } =
    portal.sandbox.credentials;
  const app = contextOf(portal, version, { clientId, clientSecret, refreshToken });
  const admin = contextOf(portal, version, { accessToken: privateAppToken });
  const webhooks = { targetUrl: 'https://tributary.example.com/hooks', developerKey: developerApiKey };
  const text = await readFile('mappings/hubspot/mapping.yaml', 'utf8');
  const needs = needsOf(parseMapping(text, 'hubspot.yaml', 'hubspot'));
  const provisioner = hubspot.provisioning?.open(admin, app);
  if (!provisioner) throw new Error('hubspot cannot be provisioned');
  const choice = { runsAs: 'the app', layouts: [], webhooks };
  const there = await provisioner.plan(needs, choice, patient);
  const made = new Set(there.items.map(({ item }) => item));
  await carryOut(await provisioner.planRemoval({ made, webhooks }, patient));
  await carryOut(await provisioner.plan(needs, choice, patient));
  const connector = hubspot.open(app);
  await connector.inspect?.(needs, { ...soon(), webhooks, currencies: ['USD', 'EUR', 'JPY'] });
  await connector.checkLogin?.(soon());
  await connector.close();
  await hearJournal(portal, version);
}

async function carryOut(plan: ProvisionPlan): Promise<void> {
  await plan.carryOut(() => Promise.resolve(), patient);
}

/** Until the first position is stored, or the journal is refused. */
async function hearJournal(portal: Portal, version: ApiVersion): Promise<void> {
  const { clientId, clientSecret, refreshToken } = portal.sandbox.credentials;
  const more = { notifications: 'journal', journalPollSeconds: 0.05 } as const;
  const connector = hubspot.open(contextOf(portal, version, { clientId, clientSecret, refreshToken }, more));
  const stop = new AbortController();
  const heard = (): Promise<void> => Promise.resolve(stop.abort());
  await connector.listen?.({
    position: null,
    positionAt: null,
    signal: stop.signal,
    store: heard,
    gap: heard,
  });
  await connector.close();
}
