import type { Command } from 'commander';
import { readCaughtMails } from '../payouts/mails/catch-mails.ts';
import type { CaughtMail } from '../payouts/mails/catch-mails.ts';
import { loadConfig } from '../platform/config/config.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';

export function addMailCommands(program: Command, setExitCode: SetExitCode): void {
  const mail = program
    .command('mail')
    .description('mails to partners that the local catch-all kept (no mail server is configured)');
  mail
    .command('list')
    .description('every mail, newest first')
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .action(async ({ limit, json = false }: { limit: string; json?: boolean }) => {
      listMails(processOutput(json), await readKept(), Number(limit));
    });
  mail
    .command('show <id>')
    .description('one mail, by its Message-ID or the beginning of it')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      setExitCode(showMail(processOutput(json), await readKept(), id));
    });
}

async function readKept(): Promise<CaughtMail[]> {
  return readCaughtMails(loadConfig(process.env).dataDir);
}

export function listMails(output: Output, mails: readonly CaughtMail[], limit: number): void {
  const newest = mails.toReversed().slice(0, limit);
  if (output.json) return printJson(output, { mails: newest, total: mails.length });
  for (const each of newest)
    output.out(`${each.receivedAt}  ${shortId(each)}  ${each.to.join(', ')}  ${each.subject}`);
  output.note(`${newest.length} of ${mails.length} mails`);
}

/** @returns the exit code: 0 shown, 2 there is no such mail */
export function showMail(output: Output, mails: readonly CaughtMail[], id: string): number {
  const wanted = id.replace(/^</, '');
  const found = mails.find((each) => shortId(each).startsWith(wanted) || each.messageId === id);
  if (found === undefined) {
    output.note(`The catch-all has no mail ${id}.`);
    return 2;
  }
  if (output.json) printJson(output, found);
  else
    output.out(
      [
        `To: ${found.to.join(', ')}`,
        `Subject: ${found.subject}`,
        `Message-ID: ${found.messageId}`,
        '',
        found.text,
      ].join('\n'),
    );
  return 0;
}

function shortId(mail: CaughtMail): string {
  return mail.messageId.replace(/^<|>$|@.*$/g, '');
}
