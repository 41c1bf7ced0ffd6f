import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { prepareDeals } from '../../bench/prepare-deals.ts';
import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { crmAdmin } from '../../src/app/programme/crm-admin.ts';
import { inventPartners } from '../../src/app/programme/invent-deals.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { startTributary, type TributaryProcess } from '../faults/worker-process.ts';
import { ArrivedCall } from './judge-calls.ts';

export interface PushOptions {
  deals: number;
  workers: number;
  /** Calls in ten seconds. */
  allowed: number;
  recordsPerCall: number;
  /** Milliseconds before each answer. */
  latency: number;
}

export interface Pushed {
  /** What the local HubSpot was sent from the moment on that the workers might go. */
  arrived: ArrivedCall[];
  /** So many deals stand in the local HubSpot. */
  deals: number;
}

/**
 * Real worker processes push deals to a local HubSpot with that limit. They are all up before the work is let go: what is
 * looked at is how they share the limit, not how long four processes take to start on two cores.
 */
export async function pushWithin(rateWindow: 'fixed' | 'rolling', options: PushOptions): Promise<Pushed> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-limits-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    // As root the database runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    const { allowed, latency } = options;
    const sandbox = await startHubspotSandbox({
      ...{ port: 0, rateWindow, oauthAppBurst: allowed, latencyMs: latency },
    });
    closing.push(() => sandbox.close());
    const env = {
      TRIBUTARY_DATA_DIR: path.join(folder, 'data'),
      TRIBUTARY_LOG_LEVEL: 'warn',
      TRIBUTARY_SWEEP_MS: '200',
    };
    const app = await openApplication({ config: loadConfig(env), name: 'tributary-limits' });
    closing.push(() => app.close());
    const admin = crmAdmin(sandbox.adminUrl);
    await switchWork(app, false);
    await prepare(app, sandbox, options);
    const workers = await startWorkers(options.workers, folder, env, closing);
    await admin.remove('/requests');
    await switchWork(app, true);
    await untilMirrored(app, options.deals, workers);
    const arrived = await requestsOf(sandbox);
    return { arrived, deals: (await admin.records('deals')).length };
  } finally {
    for (const step of closing.reverse()) await step();
  }
}

/** What `tributary stop` and `tributary resume` do. */
async function switchWork(app: Application, on: boolean): Promise<void> {
  await app.db.query('UPDATE system_switches SET stopped = $1, changed_by = $2, changed_at = $3', [
    !on,
    'show:limits',
    app.clock.now(),
  ]);
}

type Sandbox = Awaited<ReturnType<typeof startHubspotSandbox>>;

async function prepare(app: Application, sandbox: Sandbox, options: PushOptions): Promise<void> {
  const partners = inventPartners();
  const companies = partners.map(({ name, domain }) => ({ name, domain }));
  const ids = await crmAdmin(sandbox.adminUrl).seed('companies', companies);
  const { portalId, appId, ...credentials } = sandbox.credentials;
  const crms = {
    hubspot: {
      url: sandbox.url,
      adminUrl: sandbox.adminUrl,
      credentials: { ...credentials, portalId: String(portalId), appId: String(appId) },
    },
  };
  const partnerAccounts = Object.fromEntries(partners.map(({ key }, index) => [key, ids[index] ?? '']));
  await prepareDeals(app, { vendor: 'hubspot', crms, partnerAccounts }, options.deals, 8);
  await app.db.query(
    `UPDATE connections SET settings = settings || jsonb_build_object('recordsPerCall', $1::int) WHERE id = 'hubspot'`,
    [options.recordsPerCall],
  );
}

async function startWorkers(
  count: number,
  folder: string,
  env: Readonly<Record<string, string>>,
  closing: (() => Promise<unknown>)[],
): Promise<TributaryProcess[]> {
  const workers = Array.from({ length: count }, (_, index) =>
    startTributary('work', { name: `worker-${index}`, folder, env }),
  );
  closing.push(() => Promise.all(workers.map((worker) => worker.stop())));
  await Promise.all(workers.map((worker) => worker.printed(/The workers are running/)));
  return workers;
}

async function requestsOf({ adminUrl }: Sandbox): Promise<ArrivedCall[]> {
  const answer = await fetch(`${adminUrl}/requests?limit=100000`);
  return z.array(ArrivedCall).parse(await answer.json());
}

async function untilMirrored(
  app: Application,
  deals: number,
  workers: readonly TributaryProcess[],
): Promise<void> {
  const ended = Promise.race(workers.map((worker) => worker.ended)).then((how) => {
    throw new Error(`a worker ended before the work did: ${String(how)}`);
  });
  // Workers are ended by us afterwards, when nobody waits for this any more.
  ended.catch(() => undefined);
  for (let shown = ''; ; await Promise.race([sleep(500), ended])) {
    const [row] = await app.db.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM mirrors WHERE state <> 'mirrored'`,
    );
    if (row?.left === 0) return;
    const line = `  ${Math.round(((row?.left ?? 0) / deals) * 20) * 5} % left\n`;
    if (line !== shown) process.stdout.write(line);
    shown = line;
  }
}
