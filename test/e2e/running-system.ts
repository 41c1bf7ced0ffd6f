import { shortWaits } from './short-waits.ts';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { localConnections, pointWebhooks, saveConnections } from '../../src/app/connect-crms.ts';
import { startLocalCrms, type LocalCrms } from '../../src/app/local-crms.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import {
  adminOf,
  readCrmDeals,
  readReceived,
  type CrmDeal,
  type ReceivedMessage,
} from '../../src/app/programme/count-outside.ts';
import type { CommittedWrite, CrmAdmin } from '../../src/app/programme/crm-admin.ts';
import { inventDeal, type InventedDeal } from '../../src/app/programme/invent-deals.ts';
import { localRecordRules, prepareProgramme } from '../../src/app/programme/prepare-programme.ts';
import { tributaryClient, type TributaryClient } from '../../src/app/programme/tributary-client.ts';
import { reconcile, type Reconciliation } from '../../src/app/reconcile.ts';
import { startHttp } from '../../src/app/start-http.ts';
import { startWorkers } from '../../src/app/start-workers.ts';
import { readCaughtMails, startMailCatcher } from '../../src/payouts/mails/catch-mails.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { createTestDatabase } from '../services/database.ts';
import { temporaryDataDir, tributary, until, type Finished } from './tributary-process.ts';

export type Crm = 'salesforce' | 'hubspot';
export const crms: readonly Crm[] = ['salesforce', 'hubspot'];
const dealObject = { salesforce: 'Opportunity', hubspot: 'deals' } as const;

export interface RegisteredDeal extends InventedDeal {
  id: string;
  crm: Crm;
}

export interface SystemOptions {
  env?: Record<string, string>;
  /** Changes the connections before anything runs on them. */
  beforeWork?: (db: Database) => Promise<void>;
}

/** The real application on a database of its own, both local CRMs, a payout receiver and a mail server. */
export interface RunningSystem {
  db: Database;
  crms: LocalCrms;
  client: TributaryClient;
  url: string;
  apiKey: string;
  /** What a process of the command line needs to work on this system. */
  env: Readonly<Record<string, string>>;
  dataDir: string;
  app(): Application;
  admin(crm: Crm): CrmAdmin;
  cli(...args: string[]): Promise<Finished>;
  /** Ends HTTP and workers; the database and the CRMs go on. */
  halt(): Promise<void>;
  /** Starts them again, as after a deployment; `change` is what the new deployment sets differently. */
  start(change?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

let invented = 0;

export async function startSystem(options: SystemOptions = {}): Promise<RunningSystem> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const data = await temporaryDataDir();
    closing.push(data.remove);
    const [{ db, url: databaseUrl, drop }, local, mail] = await Promise.all([
      createTestDatabase(),
      startLocalCrms({ dataDir: path.join(data.dir, 'crms'), payoutReceiver: true }),
      startMailCatcher({ dataDir: data.dir }),
    ]);
    closing.push(drop, local.stop, mail.close);
    const key = newEncryptionKey('first');
    const apiKey = randomBytes(24).toString('hex');
    const env = {
      DATABASE_URL: databaseUrl,
      TRIBUTARY_DATA_DIR: data.dir,
      TRIBUTARY_API_KEYS: `prm:${apiKey}`,
      TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
      TRIBUTARY_HTTP_PORT: '0',
      TRIBUTARY_LOG_LEVEL: 'error',
      TRIBUTARY_SMTP_URL: mail.smtpUrl,
      TRIBUTARY_SETTLE_SECONDS: '0',
      TRIBUTARY_POLL_SECONDS: '2',
      TRIBUTARY_POLL_OVERLAP_SECONDS: '30',
      TRIBUTARY_POLL_LAG_SECONDS: '1',
      TRIBUTARY_SWEEP_MS: '250',
      ...shortWaits,
      ...options.env,
    };
    const side = servingSide(env, mail.smtpUrl);
    closing.push(side.halt);
    await side.open();
    await saveConnections(side.app(), localConnections(local.crms, 2));
    await side.serve();
    await pointWebhooks(local.crms, side.url());
    const client = tributaryClient(side.url(), apiKey);
    await prepareProgramme(side.app(), local.crms, client);
    await options.beforeWork?.(db);
    await side.work();
    return {
      db,
      crms: local.crms,
      client,
      get url() {
        return side.url();
      },
      apiKey,
      env,
      dataDir: data.dir,
      app: side.app,
      admin: (crm) => adminOf(local.crms, crm),
      cli: (...args) => tributary(args, env),
      halt: side.halt,
      start: async (change = {}) => {
        Object.assign(env, change);
        await side.open();
        await side.serve();
        await side.work();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** HTTP and workers of one process, which can be ended and started again on the same port. */
function servingSide(env: Record<string, string>, smtpUrl: string) {
  const closing: (() => Promise<unknown>)[] = [];
  let app: Application | undefined;
  let queues: Awaited<ReturnType<Application['openQueues']>> | undefined;
  let address = '';
  const opened = (): Application => {
    if (!app) throw new Error('the system is not running');
    return app;
  };
  return {
    app: opened,
    url: () => address,
    open: async () => {
      const port = address === '' ? {} : { TRIBUTARY_HTTP_PORT: new URL(address).port };
      app = await openApplication({
        config: loadConfig({ ...env, ...port }),
        name: 'tributary-e2e',
        recordRules: localRecordRules,
      });
      closing.push(app.close);
    },
    serve: async () => {
      queues = await opened().openQueues();
      closing.push(queues.close);
      const http = await startHttp(opened(), { queues, links: [], nextFreePort: false });
      closing.push(http.close);
      address = http.url;
    },
    work: async () => {
      if (!queues) throw new Error('no queues');
      const workers = await startWorkers(opened(), { queues, publicUrl: address, smtpUrl });
      closing.push(workers.close);
    },
    halt: async () => {
      for (const step of closing.splice(0).reverse()) await step();
    },
  };
}

/** Deals nobody registered before, `count` for each CRM named. */
export function newDeals(count: number, wanted: readonly Crm[] = crms): (InventedDeal & { crm: Crm })[] {
  const deals: (InventedDeal & { crm: Crm })[] = [];
  while (deals.length < count * wanted.length) {
    const deal = inventDeal(invented++);
    const crm: Crm = deal.company.country === 'Germany' ? 'hubspot' : 'salesforce';
    if (deals.filter((one) => one.crm === crm).length < count && wanted.includes(crm))
      deals.push({ ...deal, crm });
  }
  return deals;
}

export async function registerAndApprove(
  system: RunningSystem,
  deals: readonly (InventedDeal & { crm: Crm })[],
): Promise<RegisteredDeal[]> {
  const registered: RegisteredDeal[] = [];
  for (const { crm, ...deal } of deals)
    registered.push({ ...deal, crm, id: await system.client.register(deal) });
  await system.client.approve(registered.map(({ id }) => id));
  return registered;
}

/** The PRM sends the deal again with other facts, as when a partner edits it. */
export async function editDeal(
  system: RunningSystem,
  { id: _id, crm: _crm, ...deal }: RegisteredDeal,
): Promise<void> {
  const answer = await fetch(`${system.url}/v1/deals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(deal),
  });
  const text = await answer.text();
  if ((JSON.parse(text) as { outcome?: string }).outcome !== 'changed')
    throw new Error(`editing ${deal.ref} answered ${answer.status}: ${text}`);
}

/** The CRM's own records of one deal of ours; more than one is a duplicate. */
export async function recordsOf(system: RunningSystem, deal: RegisteredDeal): Promise<CrmDeal[]> {
  const all = await readCrmDeals(system.crms, deal.crm);
  return all.filter(({ dealId }) => dealId === deal.id);
}

export async function recordOf(system: RunningSystem, deal: RegisteredDeal): Promise<CrmDeal> {
  const [record, ...others] = await recordsOf(system, deal);
  if (!record || others.length > 0)
    throw new Error(`${deal.ref} is ${others.length + (record ? 1 : 0)} records`);
  return record;
}

/** Waits until each deal is in its CRM with everything that hangs on it, and Tributary knows. */
export async function untilMirrored(system: RunningSystem, deals: readonly RegisteredDeal[]): Promise<void> {
  const ids = deals.map(({ id }) => id);
  await until(
    'mirroring',
    async () => {
      const rows = await system.db.query(
        "SELECT 1 FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND state = 'mirrored' AND mirrored_version = desired_version",
        [ids],
      );
      return rows.length === ids.length || undefined;
    },
    20_000,
  );
}

/** What we wrote there ourselves, by object; without what people, automation and seeds wrote. */
export async function ourWrites(system: RunningSystem, crm: Crm, object = ''): Promise<CommittedWrite[]> {
  const objects = object === '' ? Object.keys((await counts(system, crm)) as object) : [object];
  const all = await Promise.all(objects.map((name) => system.admin(crm).writes(name)));
  return all.flat().filter((write) => write.origin === 'api');
}

export function dealWrites(system: RunningSystem, crm: Crm): Promise<CommittedWrite[]> {
  return ourWrites(system, crm, dealObject[crm]);
}

async function counts(system: RunningSystem, crm: Crm): Promise<unknown> {
  return (await fetch(`${adminUrl(system, crm)}/counts`)).json();
}

export function adminUrl(system: RunningSystem, crm: Crm): string {
  return system.crms[crm]?.adminUrl ?? '';
}

export function received(system: RunningSystem): Promise<ReceivedMessage[]> {
  return readReceived(system.crms.payoutReceiver?.logFile ?? '');
}

/** Every request of the payout receiver, whether it had an effect or not. */
export async function receiverLines(system: RunningSystem): Promise<number> {
  const text = await readFile(system.crms.payoutReceiver?.logFile ?? '', 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '').length;
}

export async function mails(system: RunningSystem): Promise<number> {
  return (await readCaughtMails(system.dataDir)).length;
}

export function reconciled(system: RunningSystem): Promise<Reconciliation> {
  return reconcile(system.db, 'record', new Date());
}

/** Until nothing is left to do; the gaps that remain are the reason of the failure. */
export async function untilClean(system: RunningSystem, limitMs = 25_000): Promise<Reconciliation> {
  let last: Reconciliation | undefined;
  try {
    return await until(
      'a clean reconciliation',
      async () => {
        last = await reconciled(system);
        return last.clean ? last : undefined;
      },
      limitMs,
    );
  } catch (error) {
    throw new Error(`${String(error)}: ${JSON.stringify(last?.gaps.slice(0, 5), null, 1)}`);
  }
}

export interface ConnectionState {
  mode: string;
  paused: boolean;
  reason: string | null;
}

export async function connectionState(system: RunningSystem, crm: Crm): Promise<ConnectionState> {
  const rows = await system.db.query<ConnectionState>(
    'SELECT mode, coalesce(paused_until > now(), false) AS paused, pause_reason AS reason FROM connections WHERE id = $1',
    [crm],
  );
  const row = rows[0];
  if (!row) throw new Error(`no connection ${crm}`);
  return row;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
