/**
 * `npm run bench`: mirrors approved deals into both local CRMs and compares with a bare loop over the same vendor client.
 * Ratios are what to look at; nothing here asserts a time. Exits 1 when deals take more write calls than they should,
 * or when the two did not make the same records.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startRedisServer } from '../test/services/redis-server.ts';
import { readOptions, type BenchOptions } from './options.ts';
import { tablesOf } from './print-table.ts';
import { reportOf, type CaseReport } from './report.ts';
import { runCase } from './run-case.ts';

const options = readOptions(process.argv.slice(2));
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const reports = await runAll(options);
const machine = { processors: os.cpus().length, model: os.cpus()[0]?.model ?? '?', node: process.version };
if (options.json)
  console.log(JSON.stringify({ date: new Date().toISOString(), machine, cases: reports }, null, 2));
else console.log(`${machine.processors} x ${machine.model}, Node ${machine.node}\n\n${tablesOf(reports)}`);
const failed = reports.filter((report) => !report.dealWriteCallsOk || !report.sameRecords);
for (const report of failed)
  note(
    `FAILED ${nameOf(report)}: deal write calls ${report.dealWriteCallsPerMinimum} x the minimum, same records: ${report.sameRecords}`,
  );
process.exitCode = failed.length > 0 ? 1 : 0;

async function runAll({ deals, slots, crm, latency, queue }: BenchOptions): Promise<CaseReport[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-redis-'));
  const redis = queue.includes('redis') ? await startRedisServer(folder) : undefined;
  if (queue.includes('redis') && !redis)
    note(
      'No redis-server on this machine: only the PostgreSQL backend is measured (apt-get install redis-server).',
    );
  const queues = queue.filter((backend) => backend === 'postgres' || redis !== undefined);
  const found: CaseReport[] = [];
  try {
    for (const vendor of crm) {
      for (const latencyMs of latency) {
        for (const backend of queues) {
          const wanted = { crm: vendor, latencyMs, queue: backend };
          const progress = (text: string): void => note(`${nameOf(wanted)}: ${text}`);
          const report = reportOf(
            await runCase(wanted, { deals, slots, redisUrl: redis?.url ?? null, progress }),
          );
          progress(`${report.timeRatio} x the bare loop's time, ${report.dealsPerSecond.tributary} deals/s`);
          found.push(report);
        }
      }
    }
  } finally {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return found;
}

function nameOf({ crm, latencyMs, queue }: { crm: string; latencyMs: number; queue: string }): string {
  return `${crm}, ${latencyMs} ms, ${queue}`;
}
