import os from 'node:os';
import type { Command } from 'commander';
import { dismissTagged, taggedKind } from '../mirror/attach/tagged.ts';
import { listCards } from '../platform/cards/cards.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

/** `tributary tagged list|dismiss`. */
export function addTaggedCommands(program: Command, setExitCode: SetExitCode): void {
  const tagged = program
    .command('tagged')
    .description("deals in the CRM that carry a partner's tag but no registration, such as copies");
  tagged
    .command('list')
    .description('which they are; none of them earns anything')
    .option('--connection <id>', 'only this connection')
    .option('--json', 'print one JSON document')
    .action(async ({ connection, json = false }: { connection?: string; json?: boolean }) => {
      const filter = { kind: taggedKind, ...(connection === undefined ? {} : { connectionId: connection }) };
      const cards = await withApplication((app) => listCards(app.db, filter));
      const output = processOutput(json);
      const found = cards.map(({ connectionId, subject, details, openedAt }) => ({
        connection: connectionId,
        crmId: subject,
        ...details,
        since: openedAt.toISOString(),
      }));
      if (json) printJson(output, { tagged: found });
      else if (cards.length === 0) output.out('No deal carries a tag without a registration.');
      else for (const card of cards) output.out(`${card.connectionId}: ${card.plain} ${card.nextStep}`);
    });
  tagged
    .command('dismiss')
    .description('it may stay so: it is not shown again')
    .argument('<connection>')
    .argument('<id>', "the record's id in the CRM")
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (connectionId: string, crmId: string, { by, json }: { by: string; json?: boolean }) => {
      const output = processOutput(json ?? false);
      const dismissed = await withApplication((app) =>
        dismissTagged(app.db, { connectionId, crmId, by }, app.clock.now()),
      );
      setExitCode(dismissed ? 0 : 2);
      if (!dismissed) output.note(`Nothing is shown about ${crmId} of ${connectionId}.`);
      else if (output.json) printJson(output, { connection: connectionId, crmId, by });
      else output.out(`${crmId} of ${connectionId} is not shown again.`);
    });
}
