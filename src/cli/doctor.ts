import type { Command } from 'commander';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

export function addDoctorCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('doctor')
    .description('check configuration, services, CRM permissions, fields and clocks, and say what to do')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      const output = processOutput(json);
      const findings = await withApplication(async (app) => {
        const { examine } = await import('../app/doctor.ts');
        return examine(app);
      });
      const ok = findings.every((finding) => finding.ok);
      if (json) printJson(output, { ok, findings });
      else {
        for (const { ok: good, check, found, nextStep } of findings) {
          output.out(`${good ? 'ok  ' : 'FIX '} ${check}: ${found}${nextStep ? `\n     ${nextStep}` : ''}`);
        }
      }
      setExitCode(ok ? 0 : 1);
    });
}
