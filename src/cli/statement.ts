import type { Command } from 'commander';
import { PeriodName } from '../ledger/statement/period.ts';
import {
  statementFormats,
  writeStatement,
  type StatementFormat,
} from '../ledger/statement/write-statement.ts';
import type { SetExitCode } from './exit-code.ts';
import { writeOut } from './output.ts';
import { withApplication } from './with-application.ts';

/** The arguments cannot be used as they are. */
const UNUSABLE = 2;

/** `tributary statement PARTNER PERIOD`: on standard output, to be kept in a file. */
export function addStatementCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('statement <partner> <period>')
    .description('what a partner earned and was paid in a month (2026-06), quarter (2026-Q2) or year (2026)')
    .option('--format <format>', 'html (to print), csv or json', 'html')
    .option('--json', 'the same as --format json')
    .action(async (partner: string, period: string, flags: { format: string; json?: boolean }) => {
      setExitCode(await statementCommand(partner, period, flags.json === true ? 'json' : flags.format));
    });
}

async function statementCommand(partner: string, periodName: string, format: string): Promise<number> {
  const period = PeriodName.safeParse(periodName);
  if (!period.success) return refuse(period.error.issues[0]?.message ?? 'not a period');
  if (!isFormat(format))
    return refuse(`There is no format "${format}": write ${statementFormats.join(', ')}.`);
  const written = await withApplication((app) =>
    writeStatement(app, { partner, period: period.data, format }, writeOut),
  );
  return written ? 0 : refuse(`There is no partner "${partner}": see tributary partners list.`);
}

function isFormat(text: string): text is StatementFormat {
  return (statementFormats as readonly string[]).includes(text);
}

function refuse(reason: string): number {
  process.stderr.write(`${reason}\n`);
  return UNUSABLE;
}
