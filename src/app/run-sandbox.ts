import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { LocalCrms } from './local-crms.ts';

export interface SandboxRun {
  salesforcePort: number;
  hubspotPort: number;
  pubsubPort: number;
  preset: string;
  /** Keeps the CRMs' state over restarts; without it they begin empty. */
  dataDir?: string;
  /** A receiver of payout triggers beside the CRMs, for rehearsals. */
  payoutReceiver: boolean;
  only?: 'salesforce' | 'hubspot';
  hubspotRateLimit?: 'off';
  /** Switches of the Salesforce org; its starter checks them. */
  settings?: Record<string, unknown>;
  /** What to change in the Salesforce org's schema; its starter checks it. */
  schema?: unknown;
}

export interface RunningSandbox {
  crms: LocalCrms;
  close(): Promise<void>;
}

/** Starts the local CRMs in this process. Loaded on demand: a server connected to real CRMs never loads a sandbox. */
export async function runSandbox(run: SandboxRun): Promise<RunningSandbox> {
  const closing: (() => Promise<void>)[] = [];
  const crms: LocalCrms = {};
  if (run.only !== 'hubspot') {
    const { startSalesforceSandbox } = await import('../../sandbox/salesforce/start.ts');
    const { close, ...started } = await startSalesforceSandbox({
      port: run.salesforcePort,
      pubsubPort: run.pubsubPort,
      preset: presetFor('salesforce', run.preset),
      settings: { ...(run.preset === 'storm' ? STORM_SETTINGS : {}), ...run.settings },
      ...(run.schema === undefined ? {} : { schema: run.schema }),
      ...(run.dataDir ? { dataDir: path.join(run.dataDir, 'salesforce') } : {}),
    });
    closing.push(close);
    crms.salesforce = started;
  }
  if (run.only !== 'salesforce') {
    const { startHubspotSandbox } = await import('../../sandbox/hubspot/start.ts');
    const { close, ...started } = await startHubspotSandbox({
      port: run.hubspotPort,
      preset: presetFor('hubspot', run.preset),
      ...(run.hubspotRateLimit ? { rateLimit: run.hubspotRateLimit } : {}),
      ...(run.dataDir ? { dataDir: path.join(run.dataDir, 'hubspot') } : {}),
    });
    closing.push(close);
    crms.hubspot = { ...started, credentials: asText(started.credentials) };
  }
  if (run.preset === 'storm') await raiseStorm(crms);
  if (run.payoutReceiver) {
    const receiver = await startReceiver(
      run.dataDir ?? path.join('.tributary', 'sandbox'),
      run.preset === 'storm',
    );
    closing.push(receiver.close);
    crms.payoutReceiver = { url: receiver.url, secret: receiver.secret, logFile: receiver.logFile };
  }
  return { crms, close: async () => void (await Promise.allSettled(closing.map((close) => close()))) };
}

/** Presets that change an org's set-up belong to one vendor; 'storm' is weather and falls on both. */
function presetFor(vendor: 'salesforce' | 'hubspot', preset: string): string {
  if (preset === 'storm') return 'default';
  const own = {
    salesforce: ['single-currency', 'record-types', 'person-accounts', 'jsforce', 'recorded'],
    hubspot: [] as string[],
  };
  const other = vendor === 'salesforce' ? own.hubspot : own.salesforce;
  return other.includes(preset) ? 'default' : preset;
}

function asText<Credentials extends { portalId: unknown; appId: unknown }>(
  credentials: Credentials,
): Omit<Credentials, 'portalId' | 'appId'> & { portalId: string; appId: string } {
  return { ...credentials, portalId: String(credentials.portalId), appId: String(credentials.appId) };
}

async function raiseStorm(crms: LocalCrms): Promise<void> {
  for (const crm of [crms.salesforce, crms.hubspot]) {
    if (!crm) continue;
    const answer = await fetch(`${crm.adminUrl}/faults/preset/storm`, { method: 'POST' });
    if (!answer.ok) throw new Error(`the storm could not be raised: ${answer.status} ${await answer.text()}`);
  }
}

// Writes to one account get in each other's way, as in an org under load.
const STORM_SETTINGS = { lockHoldMs: 20 };

const stormFaults = { seed: 7, failRate: 0.1, resetAfterAcceptRate: 0.1 };
const StoredSecret = z.object({ secret: z.string() });

async function startReceiver(
  dataDir: string,
  stormy: boolean,
): Promise<{ url: string; secret: string; logFile: string; close(): Promise<void> }> {
  const { startPayoutReceiver } = await import('../../sandbox/payout-receiver/start.ts');
  await mkdir(dataDir, { recursive: true });
  const logFile = path.join(dataDir, 'payout-receiver.jsonl');
  const secret = await keptSecret(path.join(dataDir, 'payout-receiver.json'));
  const { url, close } = await startPayoutReceiver({
    port: 0,
    secret,
    logFile,
    ...(stormy ? { faults: stormFaults } : {}),
  });
  return { url, secret, logFile, close };
}

async function keptSecret(file: string): Promise<string> {
  try {
    return StoredSecret.parse(JSON.parse(await readFile(file, 'utf8'))).secret;
  } catch {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    await writeFile(file, JSON.stringify({ secret }), { mode: 0o600 });
    return secret;
  }
}
