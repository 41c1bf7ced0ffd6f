import type { Command } from 'commander';
import { z } from 'zod';
import { listDifferences, type DifferenceView } from '../ownership/list-differences.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

const Options = z.object({
  connection: z.string().optional(),
  deal: z.uuid('--deal takes a deal id').optional(),
  all: z.boolean().default(false),
  limit: z.coerce.number('--limit takes a whole number').int().min(1).max(10_000),
  json: z.boolean().default(false),
});

/** `tributary differences`: where the CRM made something else of what was written. */
export function addDifferencesCommand(program: Command): void {
  program
    .command('differences')
    .description('fields that the CRM, or somebody in it, changed after we wrote them, newest first')
    .option('--connection <id>', 'only this connection')
    .option('--deal <id>', 'only this deal')
    .option('--all', 'also those that are over')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'print one JSON document')
    .action(async (raw: unknown) => {
      const { connection, deal, all, limit, json } = Options.parse(raw);
      const output = processOutput(json);
      const filter = { connectionId: connection, dealId: deal, all, limit };
      const differences = await withApplication((app) => listDifferences(app.db, filter));
      if (json) return printJson(output, { differences });
      if (differences.length === 0) output.out('The CRMs hold what was written.');
      for (const difference of differences) output.out(toLine(difference));
    });
}

const causes = {
  'changed-by-crm': 'made by the CRM when it was written',
  drifted: 'changed later',
  summed: "the amount is the sum of the opportunity's products; ours is written again once there are none",
} satisfies Record<DifferenceView['kind'], string>;

function toLine(difference: DifferenceView): string {
  const { lastSeenAt, connection, deal, crmId, field, sent, found, kind, action, state } = difference;
  const how = causes[kind];
  const then = action === 'restored' ? 'put right' : 'left as it is';
  const over = state === 'settled' ? ', over' : '';
  return `${lastSeenAt} ${connection} ${deal} ${crmId} ${field}: sent ${show(sent)}, found ${show(found)} (${how}; ${then}${over})`;
}

function show(value: unknown): string {
  return value === null ? 'nothing' : JSON.stringify(value);
}
