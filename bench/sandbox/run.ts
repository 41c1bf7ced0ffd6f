/**
 * `npm run bench:sandbox`: what the Salesforce sandbox itself costs. Rates are per second of its own process's processor
 * time, latencies are compared at two sizes in one run; nothing here asserts a time of the clock. Exits 1 when an aim is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { measureBulk } from './bulk-rate.ts';
import { holdRecords } from './hold-records.ts';
import { startOrg, type OrgUnderTest } from './org-under-test.ts';
import { measureLatency } from './query-latency.ts';
import { measureWrites } from './write-rate.ts';

const AIM_PER_CPU_SECOND = 2000;
const AIM_START_CPU_SECONDS = 2;
const FEW = 2000;

const Options = z.object({
  records: z.coerce.number().int().min(2000).multipleOf(400),
  hold: z.coerce.number().int().min(4000).multipleOf(20),
  preset: z.string(),
});
const command = new Command('bench:sandbox')
  .option('--records <n>', 'deals of the write rates', '20000')
  .option('--hold <n>', 'deals held for memory, latency and restart', '200000')
  .option('--preset <name>', 'which org', 'default');
const options = Options.parse(command.parse().opts());
const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-sandbox-'));
const failed: string[] = [];
try {
  console.log(`${os.cpus().length} x ${os.cpus()[0]?.model ?? '?'}, Node ${process.version}\n`);
  await writes();
  await holding();
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const miss of failed) console.log(`MISSED: ${miss}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function writes(): Promise<void> {
  for (const [kept, dataDir] of [
    ['in memory', undefined],
    ['with a data directory', path.join(folder, 'written')],
  ] as const) {
    const org = await startOrg(options.preset, dataDir);
    try {
      report(`Start, empty, ${kept}: ${startOf(org)}`);
      if (org.startCpuSeconds > AIM_START_CPU_SECONDS) failed.push(`start took ${startOf(org)}`);
      const rates = [
        ...(await measureWrites(org, options.records)),
        ...(await measureBulk(org, options.records)),
      ];
      for (const { what, records, perCpuSecond, perSecond } of rates) {
        report(`${what}, ${kept}: ${records} at ${perCpuSecond} a second of its CPU, ${perSecond} a second`);
        if (perCpuSecond < AIM_PER_CPU_SECOND) failed.push(`${what}: ${perCpuSecond} a CPU second`);
      }
    } finally {
      await org.stop();
    }
  }
}

async function holding(): Promise<void> {
  const dataDir = path.join(folder, 'held');
  const org = await startOrg(options.preset, dataDir);
  try {
    await holdRecords(org, 0, FEW);
    const few = await measureLatency(org, FEW);
    const held = await holdRecords(org, FEW, options.hold - FEW);
    const many = await measureLatency(org, options.hold);
    report(
      `${held.deals} deals and ${held.accounts} accounts: seeded in ${held.seedSeconds.toFixed(1)} s, ${held.rssPerRecord} bytes of RSS a record (${held.heapPerRecord} of heap), ${held.rssMb} MB in all`,
    );
    for (const name of ['byExternalId', 'byRecordId', 'modifiedPage'] as const) {
      const ratio = (many[name] / few[name]).toFixed(2);
      report(
        `${name}: ${few[name].toFixed(2)} ms with ${FEW} deals, ${many[name].toFixed(2)} ms with ${options.hold}: x ${ratio}`,
      );
    }
  } finally {
    await org.stop();
  }
  const again = await startOrg(options.preset, dataDir);
  try {
    const { rss } = await again.process.memory();
    report(`Start with all of them in its data directory: ${startOf(again)}, ${Math.round(rss / 1e6)} MB`);
  } finally {
    await again.stop();
  }
}

function startOf({ startMs, startCpuSeconds }: OrgUnderTest): string {
  return `${startCpuSeconds.toFixed(2)} s of processor time, ${(startMs / 1000).toFixed(1)} s by the clock, TypeScript compiled on the way`;
}

function report(line: string): void {
  console.log(`- ${line}`);
}
