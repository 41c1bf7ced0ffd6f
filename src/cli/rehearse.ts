import type { Command } from 'commander';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

export function addRehearseCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('rehearse')
    .description(
      'on the local CRMs: link partners, close imported deals as the file says they ended, wait for the payouts',
    )
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      const output = processOutput(json);
      const { rehearse } = await import('../app/programme/rehearse.ts');
      const result = await withApplication((app) =>
        rehearse(app, { patienceMs: 60_000, progress: (text) => output.note(text) }),
      );
      const { reconciliation } = result;
      if (json) printJson(output, result);
      else
        output.out(
          `Won ${result.won}, lost ${result.lost}; ${reconciliation.clean ? 'no gaps' : `not yet done: ${reconciliation.gapCount}, see tributary reconcile`}.`,
        );
      setExitCode(reconciliation.clean ? 0 : 1);
    });
}
