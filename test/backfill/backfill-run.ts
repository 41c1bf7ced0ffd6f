import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCrm, type CallsByEndpoint, type CrmUnderTest } from '../../bench/crm-under-test.ts';
import { prepareDeals } from '../../bench/prepare-deals.ts';
import { readBackfill, type BackfillProgress } from '../../src/app/backfill.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { crmAdmin } from '../../src/app/programme/crm-admin.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { startTributary, type TributaryProcess } from '../faults/worker-process.ts';

export interface BackfillPlan {
  deals: number;
  via: 'bulk' | 'collections';
  /**
   * One interruption each: at the first of some named crash points (comma-separated) that no kill of the same list has
   * struck yet, or by kill -9 from outside once so much of everything is done.
   */
  kills: readonly ({ at: string } | { after: number })[];
  slots: number;
  leaseMs: number;
  /** For a database of one's own; without it an embedded one is started. */
  databaseEnv?: Readonly<Record<string, string>>;
  progress(line: string): void;
}

export interface BackfillRun {
  seconds: number;
  kills: number;
  /** Calls that the org counts, until everything is written, linked and read back. */
  calls: number;
  byEndpoint: CallsByEndpoint;
  found: Found;
  /** Bulk jobs that the org was asked to carry out, by object. */
  log: string;
}

/** What stands in the org in the end. */
export interface Found {
  deals: number;
  opportunities: number;
  /** Deals with another number of opportunities than one; must be empty. */
  notOne: string[];
  /** Opportunities ever created: more than deals means that one was created twice. */
  created: number;
  /** Opportunities with another number of contact roles than one; must be empty. */
  notOneRole: string[];
  /** Accounts and contacts that carry a key of ours twice; must be empty. */
  twice: string[];
}

/** Backfills a fresh local Salesforce from a fresh database, with worker processes that are killed on the way. */
export async function runBackfill(plan: BackfillPlan): Promise<BackfillRun> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-backfill-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    // As root the database runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    const crm = await startCrm('salesforce');
    closing.push(crm.stop);
    const env = environmentOf(plan, folder);
    const app = await openApplication({ config: loadConfig(env), name: 'tributary-backfill' });
    closing.push(app.close);
    plan.progress(`preparing ${plan.deals} approved deals`);
    await prepareDeals(app, crm, plan.deals, plan.slots);
    await crm.forgetCalls();
    const startedAt = Date.now();
    const kills = await workThrough(app, plan, folder, env);
    const byEndpoint = await crm.calls();
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const calls = countedCalls(byEndpoint);
    return {
      seconds,
      kills,
      calls,
      byEndpoint,
      found: await look(crm, plan.deals),
      log: await logOf(folder),
    };
  } finally {
    for (const step of closing.reverse()) await step();
  }
}

function environmentOf(plan: BackfillPlan, folder: string): Record<string, string> {
  return {
    TRIBUTARY_DATA_DIR: path.join(folder, 'data'),
    TRIBUTARY_LOG_LEVEL: 'warn',
    TRIBUTARY_SWEEP_MS: '200',
    TRIBUTARY_LEASE_MS: String(plan.leaseMs),
    TRIBUTARY_CALL_TIMEOUT_MS: String(plan.leaseMs / 2),
    TRIBUTARY_BULK_THRESHOLD:
      plan.via === 'bulk' ? String(Math.min(5_000, Math.floor(plan.deals / 3))) : '100000000',
    ...plan.databaseEnv,
  };
}

/** One worker process after the other, each but the last one killed. @returns how many were */
async function workThrough(
  app: Application,
  plan: BackfillPlan,
  folder: string,
  env: Record<string, string>,
): Promise<number> {
  let kills = 0;
  const start = (more: Record<string, string>): TributaryProcess =>
    startTributary('work', { name: 'worker', folder, env: { ...env, ...more } });
  for (const kill of plan.kills) {
    const named =
      'at' in kill
        ? {
            TRIBUTARY_CRASH_AT: kill.at,
            TRIBUTARY_CRASH_DIR: path.join(folder, `kills at ${kill.at.replaceAll(':', '.')}`.slice(0, 120)),
          }
        : {};
    const worker = start(named);
    const done = await until(app, plan, worker, ({ share }) => 'after' in kill && share >= kill.after);
    if (done === 'ended') kills += 1;
    else {
      worker.child.kill('SIGKILL');
      await worker.ended;
      if (done === 'reached') kills += 1;
    }
    plan.progress(
      `kill -9 number ${kills}: ${'at' in kill ? kill.at : `at ${Math.round(kill.after * 100)} %`}`,
    );
    if (done === 'settled') return kills;
  }
  const last = start({});
  const done = await until(app, plan, last, () => false);
  if (done === 'ended') throw new Error(`the worker ended by itself:\n${await logOf(folder)}`);
  await last.stop();
  return kills;
}

const patienceMs = 120_000;

/** Waits for the moment wanted, for the end of the process, or for the end of all work. @throws Error when nothing moves */
async function until(
  app: Application,
  plan: BackfillPlan,
  worker: TributaryProcess,
  reached: (progress: { share: number }) => boolean,
): Promise<'reached' | 'ended' | 'settled'> {
  let ended = false;
  void worker.ended.then(() => (ended = true));
  let seen = '';
  let shownAt = 0;
  for (let movedAt = Date.now(); ;) {
    if (ended) return 'ended';
    const [progress] = await readBackfill(app.db, {
      definitions: app.definitions,
      bulkThreshold: app.config.bulkThreshold,
      now: app.clock.now(),
    });
    if (progress && reached({ share: shareDone(progress, plan.deals) })) return 'reached';
    if (await isSettled(app)) return 'settled';
    const now = `${inOneLine(progress)} ${await observedLeft(app)}`;
    if (now !== seen) movedAt = Date.now();
    seen = now;
    if (Date.now() - shownAt > 5_000) {
      plan.progress(inOneLine(progress));
      shownAt = Date.now();
    }
    if (Date.now() - movedAt > patienceMs) throw new Error(`nothing moves any more: ${seen}`);
    await sleep(plan.deals > 5_000 ? 1_000 : 100);
  }
}

/** Accounts and contacts are resolved, then deals are mirrored: each row counts once. */
function shareDone({ kinds }: BackfillProgress, deals: number): number {
  const done = kinds.reduce((sum, kind) => sum + kind.done, 0);
  const all = kinds.reduce((sum, kind) => sum + kind.done + kind.left, 0);
  return done / Math.max(all, deals);
}

export function inOneLine(progress: BackfillProgress | undefined): string {
  const kinds = (progress?.kinds ?? []).map(({ kind, done, left, perMinute, secondsLeft }) => {
    const time = left === 0 ? '' : ` (${perMinute}/min, ${secondsLeft === null ? '?' : secondsLeft} s left)`;
    return `${kind}s ${done}/${done + left}${time}`;
  });
  const jobs = (progress?.jobs ?? [])
    .filter(({ state }) => state !== 'done')
    .map(({ kind, state, rows, processed }) => `${kind} job ${state} ${processed}/${rows}`);
  const calls = progress?.usage ? [`${progress.usage.used} calls`] : [];
  return [...kinds, ...jobs, ...calls].join(' · ');
}

async function isSettled(app: Application): Promise<boolean> {
  const [row] = await app.db.query<{ due: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM mirrors WHERE state <> 'mirrored')
         OR EXISTS (SELECT 1 FROM observed_records WHERE due_at IS NOT NULL AND parked_at IS NULL) AS due`,
  );
  return row?.due === false;
}

async function observedLeft(app: Application): Promise<number> {
  const [row] = await app.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM observed_records WHERE due_at IS NOT NULL',
  );
  return row?.count ?? 0;
}

/** Logging in, the list of API versions (which asks for no login) and the Pub/Sub API are no calls that the org counts. */
export function countedCalls(byEndpoint: CallsByEndpoint): number {
  return Object.entries(byEndpoint)
    .filter(([endpoint]) => !/oauth2|^GRPC|^GET \/services\/data$/.test(endpoint))
    .reduce((sum, [, { calls }]) => sum + calls, 0);
}

async function look(crm: CrmUnderTest, deals: number): Promise<Found> {
  const admin = crmAdmin(crm.crms.salesforce?.adminUrl ?? '');
  const ours = (await admin.records('Opportunity')).filter((record) => record['Tributary_Deal_Id__c']);
  const perDeal = count(ours.map((record) => String(record['Tributary_Deal_Id__c'])));
  const roles = count(
    (await admin.records('OpportunityContactRole')).map((role) => String(role['OpportunityId'])),
  );
  const creates = (await admin.writes('Opportunity')).filter(
    ({ op, fields }) => op === 'create' && fields['Tributary_Deal_Id__c'],
  );
  return {
    deals,
    opportunities: ours.length,
    notOne: [...perDeal].filter(([, times]) => times !== 1).map(([deal]) => deal),
    created: creates.length,
    notOneRole: ours.map((record) => String(record['Id'])).filter((id) => roles.get(id) !== 1),
    twice: [
      ...(await keysTwice(admin, 'Account', 'Tributary_Account_Key__c')),
      ...(await keysTwice(admin, 'Contact', 'Tributary_Contact_Key__c')),
    ],
  };
}

async function keysTwice(
  admin: ReturnType<typeof crmAdmin>,
  object: string,
  field: string,
): Promise<string[]> {
  const keys = (await admin.records(object)).flatMap((record) =>
    record[field] ? [String(record[field])] : [],
  );
  return [...count(keys)].filter(([, times]) => times > 1).map(([key]) => key);
}

function count(values: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
}

async function logOf(folder: string): Promise<string> {
  return (await readFile(path.join(folder, 'worker.log'), 'utf8').catch(() => '')).slice(-4_000);
}
