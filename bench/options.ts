import { Command } from 'commander';
import { z } from 'zod';

/** A comma-separated list of one kind of value. */
function list<Value extends z.ZodType>(value: Value) {
  return z.preprocess(
    (text) =>
      String(text)
        .split(',')
        .map((part) => part.trim()),
    z.array(value).min(1),
  );
}

const Options = z.object({
  deals: z.coerce.number('--deals takes a whole number').int().min(1).max(200_000),
  crm: list(z.enum(['salesforce', 'hubspot'], '--crm takes salesforce and hubspot')),
  latency: list(z.coerce.number('--latency takes milliseconds').int().min(0).max(10_000)),
  queue: list(z.enum(['postgres', 'redis'], '--queue takes postgres and redis')),
  slots: z.coerce.number('--slots takes a whole number').int().min(1).max(50),
  json: z.boolean().default(false),
});
export type BenchOptions = z.infer<typeof Options>;
export type Vendor = BenchOptions['crm'][number];
export type QueueBackend = BenchOptions['queue'][number];

/** @throws ZodError naming the faulty option */
export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description('mirrors deals into both local CRMs and compares with a bare loop over the same client')
    .option('--deals <n>', 'how many deals', '10000')
    .option('--crm <list>', 'which CRMs', 'salesforce,hubspot')
    .option('--latency <list>', "milliseconds added to each of the CRM's answers", '0,150')
    .option('--queue <list>', 'which queue backends', 'postgres,redis')
    .option('--slots <n>', 'calls in flight, for Tributary and the bare loop alike', '4')
    .option('--json', 'print one JSON document');
  command.parse([...argv], { from: 'user' });
  return Options.parse(command.opts());
}
