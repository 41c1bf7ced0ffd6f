import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { atOneMoment } from './at-one-moment.ts';
import type { Period } from './period.ts';
import { readHead, readLines, type StatementHead, type StatementLine } from './read-statement.ts';
import { writeCsv } from './write-csv.ts';
import { writeHtml } from './write-html.ts';
import { writeJson } from './write-json.ts';

type Writer = (head: StatementHead, lines: AsyncIterable<StatementLine>) => AsyncGenerator<string>;

const writers = { html: writeHtml, csv: writeCsv, json: writeJson } satisfies Record<string, Writer>;

export type StatementFormat = keyof typeof writers;
export const statementFormats = Object.keys(writers) as [StatementFormat, ...StatementFormat[]];

/**
 * Writes the statement of one partner and period piece by piece: memory stays the same for any number of lines.
 * @param write waits for whoever reads; what it throws ends the statement
 * @returns false when there is no such partner; nothing was written then
 */
export function writeStatement(
  { db, clock }: { db: Database; clock: Clock },
  { partner, period, format }: { partner: string; period: Period; format: StatementFormat },
  write: (text: string) => Promise<void>,
): Promise<boolean> {
  return atOneMoment(db, async (tx) => {
    const head = await readHead(tx, partner, period, clock.now());
    if (head === null) return false;
    const { partnerId, ...shown } = head;
    for await (const text of writers[format](shown, readLines(tx, { partnerId, period }))) await write(text);
    return true;
  });
}
