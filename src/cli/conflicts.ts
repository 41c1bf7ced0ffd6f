import type { Command } from 'commander';
import type { CrmConflicts } from '../deals/conflicts.ts';
import { findDeal } from '../deals/read-deals.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

/** `tributary conflicts`. */
export function addConflictsCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('conflicts')
    .description('open leads and deals of the same customer that the CRMs have already')
    .argument('<deal>', 'deal id')
    .option('--json', 'print one JSON document')
    .action(async (dealId: string, { json = false }: { json?: boolean }) => {
      const output = processOutput(json);
      const { findConflicts } = await import('../app/find-conflicts.ts');
      const found = await withApplication(async (app) =>
        (await findDeal(app.db, dealId)) === null ? null : findConflicts(app)(dealId),
      );
      if (found === null) {
        output.note(`There is no deal "${dealId}".`);
        return setExitCode(1);
      }
      if (json) return printJson(output, { deal: dealId, conflicts: found });
      const lines = toLines(found);
      for (const line of lines.length > 0 ? lines : ['Nothing open of this customer.']) output.out(line);
    });
}

export function toLines(found: readonly CrmConflicts[]): string[] {
  return found.flatMap(({ connection, records, notAsked }) => [
    ...(notAsked === null ? [] : [`${connection} could not be asked: ${notAsked}`]),
    ...records.map(
      ({ object, crmId, name, condition, owner, because }) =>
        `${connection} ${object} ${crmId} "${name}" (${[condition, owner].filter((part) => part !== null).join(', ')}): ${because}`,
    ),
  ]);
}
