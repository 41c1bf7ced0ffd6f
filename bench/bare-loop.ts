/** A process of its own that runs one bare loop. Its job comes in BENCH_BARE_JOB; the result goes to stdout as JSON. */
import { BareJob, bareDeals, type BareResult } from './bare-job.ts';
import { writeToHubspot } from './bare-hubspot.ts';
import { writeToSalesforce } from './bare-salesforce.ts';

const job = BareJob.parse(JSON.parse(process.env['BENCH_BARE_JOB'] ?? ''));
const deals = bareDeals(job);
const cpu = process.cpuUsage();
const startedAt = performance.now();
await (job.vendor === 'salesforce' ? writeToSalesforce : writeToHubspot)(job, deals);
const { user, system } = process.cpuUsage(cpu);
const result: BareResult = {
  seconds: (performance.now() - startedAt) / 1000,
  cpuSeconds: (user + system) / 1e6,
};
console.log(JSON.stringify(result));
process.exit(0);
