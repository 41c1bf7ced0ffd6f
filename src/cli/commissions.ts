import type { Command } from 'commander';
import { z } from 'zod';
import type { Approved, WaitingCommission, WaitingFilter } from '../payouts/approve-by-hand.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const UNUSABLE = 2;
const MOST_SHOWN = 1_000;

interface ApproveFlags {
  partner?: string;
  deal?: string;
  all?: boolean;
  by: string;
  dryRun?: boolean;
  json?: boolean;
}

/** `tributary commissions waiting|approve`. */
export function addCommissionCommands(program: Command, setExitCode: SetExitCode): void {
  const commissions = program
    .command('commissions')
    .description('commissions that wait for a person (TRIBUTARY_COMMISSION_APPROVAL=required)');
  commissions
    .command('waiting')
    .description('what was earned and is not approved yet; ends with 1 when there is any')
    .option('--partner <key>', 'only of this partner')
    .option('--json', 'print one JSON document')
    .action(async ({ partner, json = false }: { partner?: string; json?: boolean }) => {
      setExitCode(await waitingCommand(processOutput(json), { partner }));
    });
  commissions
    .command('approve')
    .description('let commissions through: their payouts are triggered once the wins have settled')
    .option('--partner <key>', 'all that waits of this partner')
    .option('--deal <id>', 'what waits of this deal')
    .option('--all', 'all that waits')
    .requiredOption('--by <name>', 'who approves')
    .option('--dry-run', 'show what would be approved')
    .option('--json', 'print one JSON document')
    .action(async (flags: ApproveFlags) => {
      setExitCode(await approveCommand(processOutput(flags.json ?? false), flags));
    });
}

async function waitingCommand(output: Output, filter: WaitingFilter): Promise<number> {
  const waiting = await withApplication(async ({ db }) => {
    const { listWaiting } = await import('../payouts/approve-by-hand.ts');
    return listWaiting(db, filter, MOST_SHOWN);
  });
  if (output.json) printJson(output, { waiting });
  else print(output, waiting, 'Nothing waits for an approval.');
  return waiting.length === 0 ? 0 : 1;
}

async function approveCommand(
  output: Output,
  { partner, deal, all, by, dryRun }: ApproveFlags,
): Promise<number> {
  const chosen = [partner, deal, all].filter((choice) => choice !== undefined).length;
  if (chosen !== 1) {
    output.note('Say what to approve: one of --deal ID, --partner KEY, --all.');
    return UNUSABLE;
  }
  if (deal !== undefined && !z.uuid().safeParse(deal).success) {
    output.note(
      `--deal is "${deal}": it must be the id of a deal, as \`tributary commissions waiting\` shows it.`,
    );
    return UNUSABLE;
  }
  const { approveByHand, listWaiting } = await import('../payouts/approve-by-hand.ts');
  return withApplication(async (app) => {
    const waiting = await listWaiting(app.db, { partner, dealId: deal }, MOST_SHOWN);
    const entries = waiting.flatMap((each) => each.entries);
    const nothing: Approved = { approved: 0, before: [], unknown: [] };
    const result = dryRun === true ? nothing : await approveByHand(app, entries, by);
    if (output.json) printJson(output, { ...result, dryRun: dryRun === true, commissions: waiting });
    else {
      print(output, waiting, 'Nothing waits for an approval there.');
      const said = dryRun === true ? 'would be approved' : `approved by ${by}`;
      if (waiting.length > 0) output.out(`${waiting.length} commissions ${said}.`);
    }
    return 0;
  });
}

function print(output: Output, waiting: readonly WaitingCommission[], nothing: string): void {
  if (waiting.length === 0) output.out(nothing);
  for (const { dealId, deal, partner, amount, currency, explanation } of waiting)
    output.out(`${amount} ${currency}  ${partner}  ${deal} (${dealId}): ${explanation}`);
}
