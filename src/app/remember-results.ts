import type { DealResult } from '../mirror/deal-result.ts';
import { rememberSent } from '../ownership/field-memory.ts';
import type { Sql } from '../platform/database/database.ts';

/** What the mirror wrote, as the memory of fields takes it. An upsert is sent only while no record is known: it creates. */
export async function rememberResults(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
  now: Date,
): Promise<void> {
  const sent = results.flatMap(({ dealId, write, offers }) =>
    write === null
      ? []
      : [{ dealId, fields: write.fields, offers: { ...offers }, created: write.operation === 'upsert' }],
  );
  await rememberSent(tx, connectionId, sent, now);
}
