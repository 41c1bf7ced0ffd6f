import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { startMailCatcher, readCaughtMails } from '../payouts/mails/catch-mails.ts';
import { loadConfig } from '../platform/config/config.ts';
import { localConnections, pointWebhooks, saveConnections } from './connect-crms.ts';
import { startLocalCrms, type LocalCrms } from './local-crms.ts';
import { openApplication, type Application } from './open-application.ts';
import {
  countOutside,
  adminOf,
  readCrmDeals,
  readReceived,
  sum,
  type OutsideCount,
  type Registered,
  type Sums,
} from './programme/count-outside.ts';
import { inventDeal } from './programme/invent-deals.ts';
import { localRecordRules, prepareProgramme } from './programme/prepare-programme.ts';
import { tributaryClient, type TributaryClient } from './programme/tributary-client.ts';
import { startHttp } from './start-http.ts';
import { startWorkers } from './start-workers.ts';

export interface DemoOptions {
  deals: number;
  /** 'default', or 'storm' for a CRM's bad day. */
  preset: string;
  redisUrl?: string;
  progress(text: string): void;
}

export interface DemoCrm extends OutsideCount {
  registered: number;
  approved: number;
  registeredMoney: Sums;
}

export interface DemoReport {
  ok: boolean;
  deals: number;
  preset: string;
  queue: 'redis' | 'postgres';
  seconds: number;
  crms: Record<string, DemoCrm>;
  mails: number;
  differences: string[];
}

const connections = ['salesforce', 'hubspot'] as const;

/**
 * Runs the whole pattern once on fresh embedded services and both local CRMs, and counts it from outside: what was
 * committed in the CRMs and what the payout receiver logged.
 */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const startedAt = Date.now();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'tributary-demo-'));
  // As root the server runs as another user, who must be able to enter; else its data would be put elsewhere.
  await chmod(dataDir, 0o755);
  const closing: (() => Promise<void>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const { app, crms, client, queue } = await startEverything(options, dataDir, closing);
    options.progress('preparing partners, links and the commission plan');
    await prepareProgramme(app, crms, client);
    const registered = await registerAll(options, client);
    const approvals = await approveAll(options, client, registered);
    await waitFor(options, 'mirrored', registered, async () => mirroredCount(crms, registered));
    await winAll(options, crms, registered);
    await waitFor(options, 'acknowledged', registered, async () => settledCount(crms, registered));
    const mails = await waitForMails(dataDir, registered.length);
    const report = await buildReport(options, crms, registered, approvals, mails);
    return { ...report, queue, seconds: Math.round((Date.now() - startedAt) / 100) / 10 };
  } catch (error) {
    options.progress(`the demo broke: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  } finally {
    options.progress('stopping');
    for (const step of closing.reverse()) await step();
  }
}

async function startEverything(
  options: DemoOptions,
  dataDir: string,
  closing: (() => Promise<void>)[],
): Promise<{ app: Application; crms: LocalCrms; client: TributaryClient; queue: 'redis' | 'postgres' }> {
  options.progress('starting PostgreSQL and both local CRMs');
  const local = await startLocalCrms({
    dataDir: path.join(dataDir, 'crms'),
    preset: options.preset,
    payoutReceiver: true,
  });
  closing.push(local.stop);
  const config = loadConfig(demoEnvironment(options, dataDir));
  const app = await openApplication({ config, name: 'tributary-demo', recordRules: localRecordRules });
  closing.push(app.close);
  await saveConnections(app, localConnections(local.crms, config.pushSlots));
  const mail = await startMailCatcher({ dataDir });
  closing.push(mail.close);
  const queues = await app.openQueues();
  closing.push(queues.close);
  const http = await startHttp(app, { queues, links: [], nextFreePort: true });
  closing.push(http.close);
  await pointWebhooks(local.crms, http.publicUrl);
  const workers = await startWorkers(app, { queues, publicUrl: http.publicUrl, smtpUrl: mail.smtpUrl });
  closing.push(workers.close);
  const apiKey = app.apiKeys[0]?.key ?? '';
  return { app, crms: local.crms, client: tributaryClient(http.url, apiKey), queue: queues.backend };
}

/** Waits are shortened, because a demo's storm is over in a minute; everything else is as in production. */
function demoEnvironment(options: DemoOptions, dataDir: string): Record<string, string> {
  return {
    TRIBUTARY_DATA_DIR: dataDir,
    TRIBUTARY_HTTP_PORT: '18466',
    TRIBUTARY_LOG_LEVEL: process.env['TRIBUTARY_LOG_LEVEL'] ?? 'error',
    TRIBUTARY_SETTLE_SECONDS: '0',
    TRIBUTARY_POLL_SECONDS: '3',
    TRIBUTARY_POLL_OVERLAP_SECONDS: '30',
    TRIBUTARY_POLL_LAG_SECONDS: '1',
    TRIBUTARY_SWEEP_MS: '250',
    // For messages: the standard schedule of 75 hours shrinks to minutes.
    TRIBUTARY_RETRY_FACTOR: '0.005',
    ...(options.redisUrl ? { REDIS_URL: options.redisUrl } : {}),
  };
}

async function registerAll(options: DemoOptions, client: TributaryClient): Promise<Registered[]> {
  const slot = pLimit(8);
  let done = 0;
  const register = async (index: number): Promise<Registered> => {
    const deal = inventDeal(index);
    const id = await client.register(deal);
    done++;
    if (done % 50 === 0 || done === options.deals) options.progress(`registered ${done} of ${options.deals}`);
    return { id, deal };
  };
  return Promise.all(Array.from({ length: options.deals }, (_, index) => slot(() => register(index))));
}

async function approveAll(
  options: DemoOptions,
  client: TributaryClient,
  registered: readonly Registered[],
): Promise<Record<string, number>> {
  const approvals: Record<string, number> = {};
  for (const connection of connections) {
    const ids = dealsOf(registered, connection).map(({ id }) => id);
    approvals[connection] = ids.length === 0 ? 0 : await client.approve(ids);
  }
  options.progress(`approved ${Object.values(approvals).reduce((all, count) => all + count, 0)}`);
  return approvals;
}

function dealsOf(registered: readonly Registered[], connection: string): Registered[] {
  return registered.filter(({ deal }) => (deal.company.country === 'Germany') === (connection === 'hubspot'));
}

/** Stops waiting when nothing has moved for this long; the report then says what is missing. */
const patienceMs = 120_000;

async function waitFor(
  options: DemoOptions,
  step: string,
  registered: readonly Registered[],
  count: () => Promise<number>,
): Promise<void> {
  let best = -1;
  for (let movedAt = Date.now(); Date.now() - movedAt < patienceMs;) {
    const reached = await count();
    if (reached > best) {
      best = reached;
      movedAt = Date.now();
      options.progress(`${step} ${reached} of ${registered.length}`);
    }
    if (reached >= registered.length) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function mirroredCount(crms: LocalCrms, registered: readonly Registered[]): Promise<number> {
  let count = 0;
  for (const connection of connections) {
    const ids = new Set(dealsOf(registered, connection).map(({ id }) => id));
    count += new Set(
      (await readCrmDeals(crms, connection)).map((deal) => deal.dealId).filter((id) => ids.has(id)),
    ).size;
  }
  return count;
}

/**
 * Deals whose trigger is acknowledged and whose commission was told. The two messages travel apart and in any order: a
 * refused `commission.accrued` may come after the trigger.
 */
async function settledCount(crms: LocalCrms, registered: readonly Registered[]): Promise<number> {
  const received = await readReceived(crms.payoutReceiver?.logFile ?? '');
  const told = new Set(
    received.filter(({ type }) => type.startsWith('commission.')).map(({ dealId }) => dealId),
  );
  const acknowledged = new Set(
    received
      .filter(({ type, acknowledged: yes }) => type === 'payout.triggered' && yes)
      .map(({ dealId }) => dealId),
  );
  return registered.filter(({ id }) => told.has(id) && acknowledged.has(id)).length;
}

/** The rep closes every deal as won, in the CRM's own pages. */
async function winAll(
  options: DemoOptions,
  crms: LocalCrms,
  registered: readonly Registered[],
): Promise<void> {
  for (const connection of connections) {
    const ids = new Set(dealsOf(registered, connection).map(({ id }) => id));
    const deals = (await readCrmDeals(crms, connection)).filter((deal) => ids.has(deal.dealId));
    if (deals.length > 0)
      await adminOf(crms, connection).play(deals.map(({ crmId }) => ({ action: 'win', id: crmId })));
    options.progress(`won ${deals.length} in ${connection}`);
  }
}

async function waitForMails(dataDir: string, wanted: number): Promise<number> {
  let count = 0;
  for (const until = Date.now() + 30_000; Date.now() < until;) {
    count = new Set((await readCaughtMails(dataDir)).map((mail) => mail.messageId)).size;
    if (count >= wanted) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return count;
}

async function buildReport(
  options: DemoOptions,
  crms: LocalCrms,
  registered: readonly Registered[],
  approvals: Record<string, number>,
  mails: number,
): Promise<Omit<DemoReport, 'queue' | 'seconds'>> {
  const received = await readReceived(crms.payoutReceiver?.logFile ?? '');
  const report: Record<string, DemoCrm> = {};
  for (const connection of connections) {
    const ours = dealsOf(registered, connection);
    const outside = await countOutside(ours, await readCrmDeals(crms, connection), received);
    const registeredMoney = sum(ours.map(({ deal }) => deal));
    report[connection] = {
      registered: ours.length,
      approved: approvals[connection] ?? 0,
      registeredMoney,
      ...outside,
    };
  }
  const differences = Object.entries(report).flatMap(([connection, crm]) => differencesOf(connection, crm));
  if (mails !== registered.length) differences.push(`mails: ${mails} instead of ${registered.length}`);
  return {
    ok: differences.length === 0,
    deals: registered.length,
    preset: options.preset,
    crms: report,
    mails,
    differences,
  };
}

/** Every count must equal the one before it, and every total the one it follows from. */
function differencesOf(connection: string, crm: DemoCrm): string[] {
  const steps = ['approved', 'mirrored', 'won', 'commissioned', 'triggered', 'acknowledged'] as const;
  const counts = steps
    .filter((step) => crm[step] !== crm.registered)
    .map((step) => `${connection} ${step}: ${crm[step]} instead of ${crm.registered}`);
  if (crm.duplicates > 0) counts.push(`${connection}: ${crm.duplicates} duplicate opportunities`);
  const { money } = crm;
  const pairs: [string, Sums, Sums][] = [
    ['mirrored amount', money.mirrored, crm.registeredMoney],
    ['won amount', money.won, crm.registeredMoney],
    ['commission', money.commissioned, money.expectedCommission],
    ['triggered', money.triggered, money.expectedCommission],
    ['acknowledged', money.acknowledged, money.expectedCommission],
  ];
  const sums = pairs.filter(([, actual, wanted]) => JSON.stringify(actual) !== JSON.stringify(wanted));
  return [
    ...counts,
    ...sums.map(
      ([what, actual, wanted]) =>
        `${connection} ${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`,
    ),
  ];
}
