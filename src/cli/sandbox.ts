import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { printJson, processOutput } from './output.ts';
import { untilInterrupted } from './until-interrupted.ts';

const Port = z.coerce.number().int().min(0).max(65_535);
const JsonObject = z.string().transform((text, context) => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JSON object, such as {"lockHoldMs":50}' });
    return z.NEVER;
  }
});
const Options = z.object({
  salesforcePort: Port,
  hubspotPort: Port,
  pubsubPort: Port,
  preset: z.string().min(1),
  dataDir: z.string().optional(),
  payoutReceiver: z.boolean().default(false),
  only: z.enum(['salesforce', 'hubspot']).optional(),
  hubspotRateLimit: z.enum(['off']).optional(),
  settings: JsonObject.optional(),
  schema: z.string().min(1).optional(),
  stopWithParent: z.boolean().default(false),
  json: z.boolean().default(false),
});

export function addSandboxCommand(program: Command): void {
  program
    .command('sandbox')
    .description('run the local CRMs alone, until stopped')
    .option('--salesforce-port <port>', '0 = any free one', '0')
    .option('--hubspot-port <port>', '0 = any free one', '0')
    .option('--pubsub-port <port>', '0 = any free one', '0')
    .option(
      '--preset <name>',
      'default, fresh, single-currency, renamed-stages, record-types, person-accounts, jsforce, recorded, or storm',
      'default',
    )
    .option('--data-dir <folder>', 'keep their state here; without it they begin empty')
    .option('--payout-receiver', 'also run a receiver of payout triggers that logs what it is told')
    .option('--only <vendor>', 'salesforce or hubspot alone')
    .option('--hubspot-rate-limit <off>', 'lift the rate limit, for benchmarks')
    .option('--settings <json>', 'switches of the Salesforce org, such as {"lockHoldMs":50}')
    .option(
      '--schema <file>',
      'describe answers of your own Salesforce org: the sandbox takes on its objects',
    )
    .option('--stop-with-parent', 'end when standard input closes')
    .option('--json', 'print one JSON document')
    .action(async (raw: unknown) => {
      const options = Options.parse(raw);
      const { runSandbox } = await import('../app/run-sandbox.ts');
      const { dataDir, only, hubspotRateLimit, settings, schema, ...rest } = options;
      const running = await runSandbox({
        ...rest,
        ...(dataDir ? { dataDir } : {}),
        ...(only ? { only } : {}),
        ...(hubspotRateLimit ? { hubspotRateLimit } : {}),
        ...(settings ? { settings } : {}),
        ...(schema ? { schema: JSON.parse(await readFile(schema, 'utf8')) as unknown } : {}),
      });
      const output = processOutput(options.json);
      // One line, so that whoever started us can read it before the stream ends.
      if (options.json) output.out(JSON.stringify(running.crms));
      else {
        output.note('The local CRMs are running. Stop them with Ctrl-C. Their addresses and credentials:');
        printJson(output, running.crms);
      }
      await untilInterrupted({ orParentEnds: options.stopWithParent });
      await running.close();
    });
}
