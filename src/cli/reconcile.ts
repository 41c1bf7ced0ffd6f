import type { Command } from 'commander';
import type { Reconciliation } from '../app/reconcile.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

export function addReconcileCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('reconcile')
    .description(
      'approved = mirrored = won = computed = triggered = acknowledged? Each gap with its reason and age',
    )
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      const output = processOutput(json);
      const report = await withApplication(async (app) => {
        const { reconcile } = await import('../app/reconcile.ts');
        return reconcile(app.db, app.config.mirrorTo, app.clock.now());
      });
      if (json) printJson(output, report);
      else printReport(output, report);
      setExitCode(report.clean ? 0 : 1);
    });
}

function printReport(output: Output, report: Reconciliation): void {
  for (const { connection, counts, commission } of report.connections) {
    output.out(
      `${connection}: ${Object.entries(counts)
        .map(([step, count]) => `${step} ${count}`)
        .join(', ')}`,
    );
    for (const [currency, sums] of Object.entries(commission)) {
      output.out(
        `  ${currency}: computed ${sums.computed}, triggered ${sums.triggered}, acknowledged ${sums.acknowledged}`,
      );
    }
  }
  if (report.connections.length === 0)
    output.out('No CRM is connected yet: run npm start, or set credentials and run tributary serve.');
  if (report.clean) output.out('No gaps.');
  else output.out(`${report.gapCount} ${report.gapCount === 1 ? 'gap' : 'gaps, oldest first'}:`);
  for (const gap of report.gaps) {
    output.out(
      `  ${gap.deal ?? (gap.step === 'connected' ? 'The CRM' : 'A notification')} is not ${gap.step}${gap.connection ? ` (${gap.connection})` : ''}, for ${age(gap.ageSeconds)}: ${gap.reason}`,
    );
    if (gap.nextStep !== null) output.out(`    ${gap.nextStep}`);
    if (gap.dealId !== null) output.out(`    deal ${gap.dealId}`);
  }
}

function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
