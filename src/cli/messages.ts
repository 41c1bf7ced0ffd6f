import type { Command } from 'commander';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

const MOST_SHOWN = 1_000;

/** Commands for messages to endpoints and mails to partners that were given up. */
export function addMessageCommands(program: Command, setExitCode: SetExitCode): void {
  const messages = program
    .command('messages')
    .description('payout messages and mails that wait for a person');
  messages
    .command('parked')
    .description('what was given up, with the reason; ends with 1 when there is any')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listParkedMessages } = await import('../payouts/parked-messages.ts');
      const { listParkedMails } = await import('../payouts/mails/parked-mails.ts');
      const parked = await withApplication(async ({ db }) => ({
        messages: await listParkedMessages(db, MOST_SHOWN),
        mails: await listParkedMails(db, MOST_SHOWN),
      }));
      const output = processOutput(json);
      if (json) printJson(output, parked);
      else {
        if (parked.messages.length + parked.mails.length === 0) output.out('Nothing is parked.');
        for (const each of parked.messages) output.out(`${each.id} ${each.type}: ${each.reason}`);
        for (const each of parked.mails) output.out(`${each.id} mail to ${each.partnerKey}: ${each.reason}`);
      }
      setExitCode(parked.messages.length + parked.mails.length === 0 ? 0 : 1);
    });
  messages
    .command('redrive')
    .description('send parked messages and mails again, under the same ids')
    .argument('[id...]', 'none = all parked')
    .option('--json', 'print one JSON document')
    .action(async (ids: string[], { json = false }: { json?: boolean }) => {
      const { redriveMessages } = await import('../payouts/parked-messages.ts');
      const { redriveMails } = await import('../payouts/mails/parked-mails.ts');
      const chosen = ids.length === 0 ? undefined : ids;
      const redriven = await withApplication(async ({ db, clock }) => ({
        messages: await redriveMessages(db, clock.now(), chosen),
        mails: await redriveMails(db, clock.now(), chosen),
      }));
      const output = processOutput(json);
      if (json) printJson(output, redriven);
      else output.out(`Due again: messages ${redriven.messages}, mails ${redriven.mails}.`);
    });
}
