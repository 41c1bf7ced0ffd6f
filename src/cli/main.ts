import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { ConfigError } from '../platform/config/config-error.ts';
import { redactLine } from '../platform/logging.ts';
import { addCommands } from './commands.ts';

/** Exit codes: 0 done, 1 something is not as it should be (named on stderr), 2 the command or its input cannot be used. */
export async function main(args: readonly string[]): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const program = new Command('tributary')
    .description('Partner deals into the CRM, closed-won back out as commission and a payout trigger.')
    .exitOverride()
    .showHelpAfterError();
  let exitCode = 0;
  addCommands(program, (code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (error instanceof z.ZodError) {
    for (const issue of error.issues) process.stderr.write(`${redactLine(issue.message)}\n`);
    return 2;
  }
  const missing = missingFile(error);
  if (missing !== null) {
    process.stderr.write(`There is no file ${missing}.\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${redactLine(message)}\n`);
  if (process.env['TRIBUTARY_LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${redactLine(error.stack ?? '')}\n`);
  return 1;
}

const MissingFile = z.object({ code: z.literal('ENOENT'), path: z.string() });

/** The path of a file that was named on the command line and is not there; null for every other failure. */
function missingFile(error: unknown): string | null {
  return MissingFile.safeParse(error).data?.path ?? null;
}
