import type { DealResult } from '../mirror/deal-result.ts';
import { confirmImages, keepImages } from '../ownership/before-images.ts';
import { rememberSent } from '../ownership/field-memory.ts';
import type { Sql } from '../platform/database/database.ts';

/** What the mirror wrote, as the memory of fields takes it. An upsert is sent only while no record is known: it creates. */
export async function rememberResults(
  tx: Sql,
  connectionId: string,
  runId: string,
  results: readonly DealResult[],
  now: Date,
): Promise<void> {
  const sent = results.flatMap(({ dealId, write, offers, withheld }) =>
    write === null
      ? []
      : [
          {
            dealId,
            fields: { ...write.fields, ...withheld },
            offers: { ...offers },
            created: write.operation === 'upsert',
            sentBefore: write.operation === 'link',
            withheld: withheld !== undefined,
          },
        ],
  );
  await rememberSent(tx, connectionId, sent, now);
  const [made, changed] = [results.filter(isCreation), results.filter((result) => !isCreation(result))];
  await keepImages(
    tx,
    connectionId,
    made.map(({ dealId, crmId, write }) => ({
      runId,
      dealId,
      crmId: crmId ?? '',
      created: true,
      before: {},
      wrote: write?.fields ?? {},
    })),
    true,
    now,
  );
  await confirmImages(
    tx,
    connectionId,
    changed.map(({ dealId }) => dealId),
  );
}

function isCreation({ created, write }: DealResult): boolean {
  return created === true || write?.operation === 'upsert';
}
