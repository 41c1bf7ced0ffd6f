import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openApplication } from '../src/app/open-application.ts';
import { loadConfig } from '../src/platform/config/config.ts';
import { startCrm } from './crm-under-test.ts';
import { measureBare, type BareMeasured } from './measure-bare.ts';
import { measureEngine, type EngineMeasured } from './measure-engine.ts';
import type { QueueBackend, Vendor } from './options.ts';
import { prepareDeals } from './prepare-deals.ts';

export interface Case {
  crm: Vendor;
  latencyMs: number;
  queue: QueueBackend;
}

export interface Measured extends Case {
  deals: number;
  slots: number;
  engine: EngineMeasured;
  bare: BareMeasured;
}

const WARM_UP = 600;

/**
 * One CRM, one latency, one queue backend: a fresh database, a fresh sandbox that is warmed up first, then the bare loop
 * and Tributary one after the other, with other deals of the same kind.
 */
export async function runCase(
  wanted: Case,
  settings: { deals: number; slots: number; redisUrl: string | null; progress(text: string): void },
): Promise<Measured> {
  const { deals, slots } = settings;
  const closing: (() => Promise<void>)[] = [];
  try {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-'));
    closing.push(() => rm(dataDir, { recursive: true, force: true }));
    // As root the database runs as another user, who must be able to enter.
    await chmod(dataDir, 0o755);
    const crm = await startCrm(wanted.crm);
    closing.push(crm.stop);
    const config = loadConfig({ TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_LOG_LEVEL: 'warn' });
    const app = await openApplication({ config, name: 'tributary-bench' });
    closing.push(app.close);
    settings.progress(`preparing ${deals} approved deals`);
    await prepareDeals(app, crm, deals, slots);
    const { openStage } = await app.wiring.open(wanted.crm);
    const bareSettings = { inFlight: slots, stage: openStage.id, pipeline: openStage.pipeline ?? null };
    // Companies are shared within six deals; none between the runs.
    const gap = Math.ceil(deals / 6) * 6;
    await measureBare(crm, { ...bareSettings, firstDeal: 2 * gap, deals: WARM_UP });
    await crm.setLatency(wanted.latencyMs);
    settings.progress('the bare loop');
    const bare = await measureBare(crm, { ...bareSettings, firstDeal: gap, deals });
    settings.progress('Tributary');
    const engine = await measureEngine(app, crm, wanted.queue === 'redis' ? settings.redisUrl : null);
    return { ...wanted, deals, slots, engine, bare };
  } finally {
    for (const step of closing.reverse()) await step();
  }
}
