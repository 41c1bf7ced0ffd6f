import type { Command } from 'commander';
import { z } from 'zod';
import type { RevertReport } from '../app/revert-run.ts';
import { SyncError } from '../crm/sync-error.ts';
import { listRuns, type RunChoice } from '../ownership/before-images.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const RunOptions = z.object({
  connection: z.string().optional(),
  limit: z.coerce.number('--limit takes a whole number').int().min(1).max(10_000),
  json: z.boolean().default(false),
});
const RevertOptions = z.object({
  connection: z.string().optional(),
  since: z.iso
    .datetime({ offset: true, error: '--since takes an instant such as 2026-03-01T09:00:00Z' })
    .optional(),
  deleteCreated: z.boolean().default(false),
  yes: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  json: z.boolean().default(false),
});

/** `tributary runs list` and `tributary revert`. */
export function addRevertCommands(program: Command, setExitCode: SetExitCode): void {
  program
    .command('runs')
    .description('runs of writes that can still be taken back')
    .command('list', { isDefault: true })
    .description('newest first, with what each updated and made')
    .option('--connection <id>', 'only this connection')
    .option('--limit <n>', 'at most so many', '20')
    .option('--json', 'print one JSON document')
    .action(showRuns);
  program
    .command('revert')
    .description('take back what a run wrote, in fields that nobody changed since')
    .argument('[run]', 'as runs list shows it')
    .option('--connection <id>', 'with --since: of this connection')
    .option('--since <time>', 'all runs since this instant')
    .option('--delete-created', 'also delete the records it made that nobody touched; shows them first')
    .option('--yes', 'with --delete-created: it was looked at, delete them')
    .option('--dry-run', 'only show what would go back to what')
    .option('--json', 'print one JSON document')
    .action(async (run: string | undefined, raw: unknown) => setExitCode(await revert(run, raw)));
}

async function showRuns(raw: unknown): Promise<void> {
  const { connection, limit, json } = RunOptions.parse(raw);
  const output = processOutput(json);
  const runs = await withApplication((app) => listRuns(app.db, { connectionId: connection, limit }));
  if (json) return printJson(output, { runs });
  if (runs.length === 0) output.out('No run is kept.');
  for (const { runId, connection: of, at, updated, created, unknown, reverted } of runs) {
    const more = `${unknown > 0 ? `, ${unknown} without an answer` : ''}${reverted > 0 ? `, ${reverted} taken back` : ''}`;
    output.out(`${runId}  ${of}  ${at}  updated ${updated}, made ${created}${more}`);
  }
}

/** @returns the exit code: 0 done, 1 something failed or is left to do, 2 not said what, or nothing is kept of it */
async function revert(run: string | undefined, raw: unknown): Promise<number> {
  const { connection, since, deleteCreated, yes, json, ...given } = RevertOptions.parse(raw);
  // What goes is seen before it goes.
  const isUnseen = deleteCreated && !yes && !given.dryRun;
  const dryRun = given.dryRun || isUnseen;
  const output = processOutput(json);
  const choice = choose(run, connection, since);
  if (choice === null) {
    output.note('Name a run (tributary runs list), or say --since TIME with --connection ID.');
    return 2;
  }
  try {
    const report = await withApplication(async (app) => {
      const { revertRun } = await import('../app/revert-run.ts');
      return revertRun(app, choice, dryRun, { deleteCreated });
    });
    if (report === null) {
      output.note(
        'Nothing is kept of that. Runs are kept for TRIBUTARY_KEEP_BEFORE_IMAGES_DAYS: tributary runs list.',
      );
      return 2;
    }
    if (json) printJson(output, report);
    else tell(output, report);
    if (isUnseen) output.note('Nothing was changed yet. To do it, run it again with --yes.');
    return report.stopped === null && report.deals.every(({ outcome }) => outcome !== 'failed') ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    output.note(`${error.message}. The deals are held; run it again.`);
    return 1;
  }
}

function choose(
  run: string | undefined,
  connection: string | undefined,
  since: string | undefined,
): RunChoice | null {
  if (run !== undefined)
    return since === undefined && z.uuid().safeParse(run).success ? { runId: run } : null;
  if (connection === undefined || since === undefined) return null;
  return { connectionId: connection, since: new Date(since) };
}

function tell(output: Output, { connection, deals, stopped }: RevertReport): void {
  for (const deal of deals) {
    const made = deal.created ? `, made by this run: ${fateOf(deal)}` : '';
    const gone = deal.deleted ? ', deleted in the CRM' : '';
    output.out(
      `${connection} ${deal.crmId} ${deal.outcome}${made}${gone}${deal.reason ? `: ${deal.reason}` : ''}`,
    );
    for (const [field, value] of Object.entries(deal.restore))
      output.out(`    ${field}: ${show(deal.from[field])} -> ${show(value)}`);
    for (const { field, wrote, now, summed } of deal.left)
      output.out(
        `    ${field} stays ${show(now)}: ${summed ? 'the sum of the products' : `changed since ${show(wrote)} was written`}`,
      );
  }
  if (stopped !== null)
    output.out(`Nothing more is written now: ${stopped}. The deals are held; run it again then.`);
}

function fateOf({ removal, outcome }: RevertReport['deals'][number]): string {
  if (outcome === 'deleted') return 'it is in the recycle bin, and nothing makes it again';
  if (removal === undefined) return 'it stays';
  if (removal.refused !== null) return `it stays, because ${removal.refused}`;
  return outcome === 'planned' ? 'it would be deleted' : 'it stays';
}

function show(value: unknown): string {
  return value === null || value === undefined ? 'empty' : String(value);
}
