/**
 * `npm run show:limits -- [--deals 10000] [--workers 4]`: four worker processes push deals to a local HubSpot that allows
 * 190 calls in ten seconds, judged once by fixed and once by rolling windows. Ends with 1 when one call was refused, or when
 * less than 97 % of what is allowed was used while work remained.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { prepareDeals } from '../../bench/prepare-deals.ts';
import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { crmAdmin } from '../../src/app/programme/crm-admin.ts';
import { inventPartners } from '../../src/app/programme/invent-deals.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { startTributary } from '../faults/worker-process.ts';
import { ArrivedCall, judgeCalls, type Judged } from './judge-calls.ts';

const Options = z.object({
  deals: z.coerce.number('--deals takes a whole number').int().min(100).max(100_000),
  workers: z.coerce.number('--workers takes a whole number').int().min(1).max(8),
  allowed: z.coerce.number('--allowed takes a whole number').int().min(10).max(1_000),
});
const command = new Command('show:limits')
  .option('--deals <n>', 'how many deals', '10000')
  .option('--workers <n>', 'worker processes', '4')
  .option('--allowed <n>', 'calls in ten seconds', '190');
command.parse(process.argv);
const options = Options.parse(command.opts());

for (const rateWindow of ['fixed', 'rolling'] as const) {
  const judged = await pushWithin(rateWindow);
  const percent = (judged.share * 100).toFixed(1);
  process.stdout.write(
    `${rateWindow} windows: ${judged.calls} calls and ${judged.searches} searches in ${judged.seconds.toFixed(1)} s, ` +
      `${judged.refused} refused; ${percent} % of the allowed rate while work remained; fullest ten seconds: ${judged.fullest}\n`,
  );
  if (judged.refused > 0 || judged.share < 0.97 || judged.deals !== options.deals) process.exitCode = 1;
}

async function pushWithin(rateWindow: 'fixed' | 'rolling'): Promise<Judged & { deals: number }> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-limits-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    // As root the database runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    const { allowed } = options;
    const sandbox = await startHubspotSandbox({ port: 0, rateWindow, oauthAppBurst: allowed });
    closing.push(() => sandbox.close());
    const env = {
      TRIBUTARY_DATA_DIR: path.join(folder, 'data'),
      TRIBUTARY_LOG_LEVEL: 'warn',
      TRIBUTARY_SWEEP_MS: '200',
    };
    const app = await openApplication({ config: loadConfig(env), name: 'tributary-limits' });
    closing.push(() => app.close());
    const admin = crmAdmin(sandbox.adminUrl);
    await prepare(app, sandbox, admin);
    await admin.remove('/requests');
    const workers = Array.from({ length: options.workers }, (_, index) =>
      startTributary('work', { name: `worker-${index}`, folder, env }),
    );
    await untilMirrored(app);
    const requests = await requestsOf(sandbox);
    await Promise.all(workers.map((worker) => worker.stop()));
    const deals = (await admin.records('deals')).length;
    return { ...judgeCalls(requests, options.allowed), deals };
  } finally {
    for (const step of closing.reverse()) await step();
  }
}

type Sandbox = Awaited<ReturnType<typeof startHubspotSandbox>>;

async function prepare(
  app: Application,
  sandbox: Sandbox,
  admin: ReturnType<typeof crmAdmin>,
): Promise<void> {
  const partners = inventPartners();
  const companies = partners.map(({ name, domain }) => ({ name, domain }));
  const ids = await admin.seed('companies', companies);
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
}

async function requestsOf({ adminUrl }: Sandbox): Promise<ArrivedCall[]> {
  const answer = await fetch(`${adminUrl}/requests?limit=100000`);
  return z.array(ArrivedCall).parse(await answer.json());
}

async function untilMirrored(app: Application): Promise<void> {
  for (let shown = ''; ; await sleep(200)) {
    const [row] = await app.db.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM mirrors WHERE state <> 'mirrored'`,
    );
    if (row?.left === 0) return;
    const line = `  ${Math.round(((row?.left ?? 0) / options.deals) * 20) * 5} % left\n`;
    if (line !== shown) process.stdout.write(line);
    shown = line;
  }
}
