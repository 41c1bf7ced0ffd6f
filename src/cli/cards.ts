import type { Command } from 'commander';
import { listCards, type StoredCard } from '../platform/cards/cards.ts';
import type { Database } from '../platform/database/database.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

/** `tributary cards`: what needs a person, and what to do about it. */
export function addCardsCommand(program: Command): void {
  program
    .command('cards')
    .description('what needs a person, with the next step; each card closes by itself once its cause is gone')
    .option('--connection <id>', 'only this connection')
    .option('--closed', 'closed cards, too')
    .option('--json', 'print one JSON document')
    .action(async (flags: { connection?: string; closed?: boolean; json?: boolean }) => {
      const filter = {
        ...(flags.connection === undefined ? {} : { connectionId: flags.connection }),
        withClosed: flags.closed ?? false,
      };
      await withApplication((app) => showCards(app.db, filter, processOutput(flags.json ?? false)));
    });
}

async function showCards(
  db: Database,
  filter: { connectionId?: string; withClosed: boolean },
  output: Output,
): Promise<void> {
  const cards = await listCards(db, filter);
  if (output.json) return printJson(output, { cards });
  if (cards.length === 0) output.out('Nothing needs you.');
  for (const card of cards) for (const line of toLines(card)) output.out(line);
}

function toLines(card: StoredCard): string[] {
  const closed = card.closedAt === null ? '' : `, solved ${card.closedAt.toISOString()}`;
  return [
    `${card.connectionId}  ${card.kind}  ${card.subject}  since ${card.openedAt.toISOString()}${closed}`,
    `  ${card.plain}`,
    `  Next: ${card.nextStep}`,
  ];
}
