import type { Command } from 'commander';
import { z } from 'zod';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';

const Options = z.object({
  deals: z.coerce.number('--deals takes a whole number').int().min(1).max(100_000),
  preset: z.enum(['default', 'storm'], { error: '--preset takes default or storm' }),
  json: z.boolean().default(false),
});

export function addDemoCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('demo')
    .description(
      'run the whole pattern once on fresh embedded services and both local CRMs, and count it from outside',
    )
    .option('--deals <n>', 'how many deals, half for each CRM', '20')
    .option('--preset <name>', "default, or storm: a CRM's bad day", 'default')
    .option('--json', 'print one JSON document')
    .action(async (raw: unknown) => {
      const options = Options.parse(raw);
      const output = processOutput(options.json);
      // Read when the workers' modules load: waits before retries are shortened in a demo.
      process.env['TRIBUTARY_RETRY_FACTOR'] ??= '0.1';
      process.env['TRIBUTARY_CALL_TIMEOUT_MS'] ??= '10000';
      const { runDemo } = await import('../app/run-demo.ts');
      const redisUrl = process.env['REDIS_URL'];
      const report = await runDemo({
        deals: options.deals,
        preset: options.preset,
        progress: (text) => output.note(text),
        ...(redisUrl ? { redisUrl } : {}),
      });
      printJson(output, report);
      setExitCode(report.ok ? 0 : 1);
      if (!options.json) {
        output.note(
          report.ok
            ? 'Every count and every sum is equal along the chain.'
            : `Not equal:\n${report.differences.join('\n')}`,
        );
      }
    });
}
