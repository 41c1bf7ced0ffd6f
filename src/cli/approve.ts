import os from 'node:os';
import type { Command } from 'commander';
import type { CrmConflicts, FindConflicts } from '../deals/conflicts.ts';
import { decideDeals } from '../deals/decide-deals.ts';
import type { DecisionRequest } from '../deals/decide-deals.ts';
import type { DealContext } from '../deals/ports.ts';
import { dealIds, isDealId } from '../deals/read-deals.ts';
import type { Database } from '../platform/database/database.ts';
import { toLines } from './conflicts.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';
import { withApplication } from './with-application.ts';

interface Selection {
  ids: readonly string[];
  all: boolean;
  partner?: string;
  source?: string;
}

interface DecisionFlags {
  all?: boolean;
  partner?: string;
  source?: string;
  by: string;
  reason?: string;
  json?: boolean;
}

/** `tributary approve` and `tributary reject`. */
export function addApproveCommands(program: Command, setExitCode: SetExitCode): void {
  decisionCommand(program, 'approve', 'approve submitted deals', setExitCode).option(
    '--reason <text>',
    'why',
  );
  decisionCommand(program, 'reject', 'reject submitted deals', setExitCode).requiredOption(
    '--reason <text>',
    'why',
  );
}

function decisionCommand(
  program: Command,
  decision: 'approve' | 'reject',
  description: string,
  setExitCode: SetExitCode,
): Command {
  return program
    .command(decision)
    .description(description)
    .argument('[deal...]', 'deal ids')
    .option('--all', 'all submitted deals')
    .option('--partner <key>', 'all submitted deals of a partner')
    .option('--source <name>', 'all submitted deals of a source')
    .option('--by <name>', 'who decides', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (ids: string[], flags: DecisionFlags) => {
      const selection = { ids, all: flags.all ?? false, ...chosen(flags) };
      const request = {
        decision,
        by: flags.by,
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      };
      const output = processOutput(flags.json ?? false);
      const { findConflicts } = await import('../app/find-conflicts.ts');
      setExitCode(
        await withApplication(async (app) => {
          const ask = decision === 'approve' ? findConflicts(app) : undefined;
          return runDecision(selection, request, app.db, app.deals, output, ask);
        }),
      );
    });
}

/** @returns the exit code: 0 all were decided, 1 some were refused, 2 the selection cannot be used */
export async function runDecision(
  selection: Selection,
  request: DecisionRequest,
  db: Database,
  context: DealContext,
  output: Output,
  findConflicts?: FindConflicts,
): Promise<number> {
  const fault = faultOf(selection);
  if (fault !== null) {
    output.note(fault);
    return 2;
  }
  const ids =
    selection.ids.length > 0
      ? selection.ids
      : await dealIds(db, { status: 'submitted', ...chosen(selection) });
  const conflicts = await conflictsOf(selection, findConflicts);
  const results = await decideDeals(db, ids, request, context);
  const refused = results.filter((result) => result.outcome === 'refused');
  const decided = results.length - refused.length;
  if (output.json) {
    printJson(output, {
      decision: request.decision,
      by: request.by,
      decided,
      refused: refused.map(({ id, name, reason }) => ({ id, name, reason })),
      ...(conflicts.length === 0 ? {} : { conflicts }),
    });
  } else {
    output.out(
      `${decided} ${decided === 1 ? 'deal' : 'deals'} ${request.decision === 'approve' ? 'approved' : 'rejected'}.`,
    );
    for (const { deal, found } of conflicts)
      for (const line of toLines(found)) output.out(`${deal}: ${line}`);
    for (const { id, reason } of refused) output.note(`${id}: ${reason}`);
  }
  return refused.length > 0 ? 1 : 0;
}

/** Deals named one by one are looked at one by one; of hundreds nobody would read it. */
const lookedAtMost = 20;

/** What the CRMs have of the same customers; it is shown and stops nothing. */
async function conflictsOf(
  { ids }: Selection,
  find: FindConflicts | undefined,
): Promise<{ deal: string; found: readonly CrmConflicts[] }[]> {
  if (find === undefined || ids.length > lookedAtMost) return [];
  const looked: { deal: string; found: readonly CrmConflicts[] }[] = [];
  for (const deal of ids) looked.push({ deal, found: await find(deal) });
  return looked;
}

function faultOf({ ids, all, partner, source }: Selection): string | null {
  const byFilter = all || partner !== undefined || source !== undefined;
  if (ids.length === 0 && !byFilter)
    return 'Name deals by id, or choose them with --all, --partner or --source.';
  if (ids.length > 0 && byFilter) return 'Name deals by id or choose them with a filter, not both.';
  const odd = ids.find((id) => !isDealId(id));
  return odd === undefined ? null : `"${odd}" is not a deal id.`;
}

function chosen({ partner, source }: { partner?: string; source?: string }): {
  partner?: string;
  source?: string;
} {
  return { ...(partner === undefined ? {} : { partner }), ...(source === undefined ? {} : { source }) };
}
