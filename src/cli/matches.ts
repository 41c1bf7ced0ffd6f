import os from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { SyncError } from '../crm/sync-error.ts';
import { AttachRefused } from '../mirror/attach/attachments.ts';
import { listDealQuestions } from '../mirror/duplicates/deal-questions.ts';
import { listMatches } from '../mirror/matches.ts';
import type { ChooseMatch, Match } from '../mirror/matches.ts';
import type { Database } from '../platform/database/database.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';
import { withApplication } from './with-application.ts';

interface ChooseFlags {
  crmId?: string;
  create?: boolean;
  allow?: boolean;
  by: string;
  json?: boolean;
}

const shownAtMost = 200;
const Kind = z.enum(['account', 'contact', 'deal'], 'The kind is account, contact or deal.');

/** `tributary matches list|choose`. */
export function addMatchCommands(program: Command, setExitCode: SetExitCode): void {
  const matches = program
    .command('matches')
    .description('customers and deals of which a person has to say which record of the CRM they are');
  matches
    .command('list')
    .description('who waits for a choice and why, with the candidates, their scores and the reasons')
    .option('--connection <id>', 'only this connection')
    .option('--json', 'print one JSON document')
    .action(async ({ connection, json = false }: { connection?: string; json?: boolean }) => {
      await withApplication((app) => showMatches(app.db, connection ?? null, processOutput(json)));
    });
  matches
    .command('choose')
    .description('say which record of the CRM it is; choosing again replaces the choice')
    .argument('<connection>')
    .argument('<kind>', 'account, contact or deal')
    .argument('<key>', 'as matches list shows it')
    .option('--crm-id <id>', 'it is this record of the CRM')
    .option('--create', 'it is none of them: make a new one')
    .option('--allow', 'make a new one although a duplicate rule of the CRM objects; for this record, once')
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (connection: string, kind: string, key: string, flags: ChooseFlags) => {
      const output = processOutput(flags.json ?? false);
      const { chooseMatch } = await import('../app/choose-match.ts');
      setExitCode(
        await withApplication((app) => choose({ connection, kind, key }, flags, chooseMatch(app), output)),
      );
    });
}

export async function showMatches(db: Database, connection: string | null, output: Output): Promise<void> {
  const matches = [
    ...(await listDealQuestions(db, connection, shownAtMost)),
    ...(await listMatches(db, connection, shownAtMost)),
  ];
  if (output.json) return printJson(output, { matches });
  if (matches.length === 0) output.out('Nothing waits for a choice.');
  for (const match of matches) for (const line of toLines(match)) output.out(line);
}

function toLines({ connection, kind, key, name, problem, candidates, deals }: Match): string[] {
  const waiting = kind === 'deal' ? '' : `; deals that wait for it: ${deals}`;
  return [
    `${connection} ${kind} ${key}: ${name}${waiting}`,
    `    ${problem.plain}`,
    ...(problem.nextStep === null ? [] : [`    ${problem.nextStep}`]),
    ...candidates.map(
      ({ crmId, name: called, score, because }) => `    ${crmId}  ${score}  ${called}  (${because})`,
    ),
  ];
}

/** @returns the exit code: 0 chosen, 1 refused, 2 nothing of that name, or not said which record */
export async function choose(
  what: { connection: string; kind: string; key: string },
  flags: ChooseFlags,
  chooseMatch: ChooseMatch,
  output: Output,
): Promise<number> {
  const kind = Kind.safeParse(what.kind);
  const said = [flags.crmId !== undefined, flags.create === true, flags.allow === true].filter(Boolean);
  if (!kind.success || said.length !== 1) {
    output.note(
      kind.success
        ? 'Say one of these: --crm-id with a record, --create, or --allow.'
        : z.prettifyError(kind.error),
    );
    return 2;
  }
  const { connection: connectionId, key } = what;
  const allowDuplicate = flags.allow === true;
  const chosen = {
    connectionId,
    kind: kind.data,
    key,
    crmId: flags.crmId ?? null,
    allowDuplicate,
    by: flags.by,
  };
  try {
    if (!(await chooseMatch(chosen))) {
      output.note(`${connectionId} has no ${kind.data} "${key}": tributary matches list shows what waits.`);
      return 2;
    }
  } catch (error) {
    if (!(error instanceof AttachRefused) && !(error instanceof SyncError)) throw error;
    output.note(error.message);
    return 1;
  }
  if (output.json) printJson(output, chosen);
  else output.out(`${key} is ${flags.crmId ?? 'a new record'} in ${connectionId}, chosen by ${flags.by}.`);
  return 0;
}
