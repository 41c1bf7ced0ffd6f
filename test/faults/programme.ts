import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { localConnections, pointWebhooks, saveConnections } from '../../src/app/connect-crms.ts';
import { startLocalCrms } from '../../src/app/local-crms.ts';
import type { LocalCrms } from '../../src/app/local-crms.ts';
import { localRecordRules, prepareProgramme } from '../../src/app/programme/prepare-programme.ts';
import { tributaryClient } from '../../src/app/programme/tributary-client.ts';
import type { TributaryClient } from '../../src/app/programme/tributary-client.ts';
import type { InventedDeal } from '../../src/app/programme/invent-deals.ts';
import { startMailCatcher } from '../../src/payouts/mails/catch-mails.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { newEncryptionKey, openKeyring } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { createTestDatabase } from '../services/database.ts';
import { startTributary } from './worker-process.ts';

/** A partner programme on real parts: its own database, both local CRMs, a payout receiver, a mail server, and `serve`. */
export interface Programme {
  folder: string;
  db: Database;
  crms: LocalCrms;
  client: TributaryClient;
  /** What a worker process of this programme needs. */
  workerEnv: Readonly<Record<string, string>>;
  /** Sends changed facts of a deal that was registered before. */
  edit(deal: InventedDeal): Promise<void>;
  close(): Promise<void>;
}

const mappings = path.resolve(import.meta.dirname, '../../mappings');

/** A lease outlives the longest call, and a stopped worker's runs out in seconds; every other wait is shortened alike. */
export const rehearsedLeaseMs = 4_000;
const rehearsal = {
  TRIBUTARY_LOG_LEVEL: 'info',
  TRIBUTARY_SETTLE_SECONDS: '0',
  TRIBUTARY_POLL_SECONDS: '2',
  TRIBUTARY_POLL_OVERLAP_SECONDS: '30',
  TRIBUTARY_POLL_LAG_SECONDS: '1',
  TRIBUTARY_SWEEP_MS: '200',
  TRIBUTARY_RETRY_FACTOR: '0.02',
  TRIBUTARY_LEASE_MS: String(rehearsedLeaseMs),
  TRIBUTARY_CALL_TIMEOUT_MS: '2000',
};

export async function startProgramme(redisUrl: string | null): Promise<Programme> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-faults-'));
  await chmod(folder, 0o755);
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const { db, url, drop } = await createTestDatabase();
    closing.push(drop);
    const local = await startLocalCrms({ dataDir: path.join(folder, 'crms'), payoutReceiver: true });
    closing.push(local.stop);
    const mail = await startMailCatcher({ dataDir: folder });
    closing.push(mail.close);

    const key = newEncryptionKey('test');
    const app = { db, clock: systemClock, keyring: openKeyring([key]) };
    await saveConnections(app, localConnections(local.crms, 2));
    const apiKey = randomBytes(24).toString('hex');
    const env = {
      DATABASE_URL: url,
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
      TRIBUTARY_DATA_DIR: folder,
      TRIBUTARY_API_KEYS: `prm:${apiKey}`,
      TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
      TRIBUTARY_RECORD_RULES_FILE: await writeRecordRules(folder),
      TRIBUTARY_MAPPING_DIR: await writeMappings(folder),
      TRIBUTARY_SMTP_URL: mail.smtpUrl,
      ...rehearsal,
    };
    const serve = startTributary('serve', {
      name: 'serve',
      folder,
      env: { ...env, TRIBUTARY_HTTP_PORT: '0' },
    });
    closing.push(serve.stop);
    const serveUrl = await serve.printed(/Tributary is running: (\S+)/);
    await pointWebhooks(local.crms, serveUrl);
    const client = tributaryClient(serveUrl, apiKey);
    await prepareProgramme(app, local.crms, client);
    return {
      folder,
      db,
      crms: local.crms,
      client,
      // Addresses that workers write into the CRM are the same in every run.
      workerEnv: { ...env, TRIBUTARY_PUBLIC_URL: 'https://tributary.example' },
      edit: (deal) => editDeal(serveUrl, apiKey, deal),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeRecordRules(folder: string): Promise<string> {
  const file = path.join(folder, 'record-rules.yaml');
  await writeFile(file, stringify(localRecordRules));
  return file;
}

/** As shipped, but with the name the partner's for good: so every edit of it shows which write came last. */
async function writeMappings(folder: string): Promise<string> {
  const target = path.join(folder, 'mappings');
  await mkdir(target);
  for (const vendor of ['salesforce', 'hubspot']) {
    const shipped = await readFile(path.join(mappings, vendor, 'mapping.yaml'), 'utf8');
    const changed = shipped.replace(/(from: deal\.name, .*), when: create \}/, '$1 }');
    if (changed === shipped) throw new Error(`the name of the ${vendor} mapping is not the sales team's`);
    await writeFile(path.join(target, `${vendor}.yaml`), changed);
  }
  return target;
}

/** Asks again after a 503, as a PRM does: with many processes on two cores the database may not answer in time once. */
async function editDeal(url: string, apiKey: string, deal: InventedDeal, tries = 5): Promise<void> {
  const answer = await fetch(`${url}/v1/deals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(deal),
  });
  const text = await answer.text();
  if (answer.status === 503 && tries > 1) {
    await sleep(1_000);
    return editDeal(url, apiKey, deal, tries - 1);
  }
  const { outcome } = JSON.parse(text) as { outcome?: string };
  if (outcome !== 'changed') throw new Error(`editing ${deal.ref} answered ${answer.status}: ${text}`);
}
