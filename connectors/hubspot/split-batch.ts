import { SyncError } from '../../src/crm/sync-error.ts';
import { concernsContent } from './errors.ts';

export interface Batch<Item, Outcome> {
  send(items: readonly Item[]): Promise<Outcome[]>;
  failed(item: Item, error: SyncError): Outcome;
  /** Items that this refusal certainly concerns, when it says so; they are not sent again. */
  culprits?(error: SyncError, items: readonly Item[]): ReadonlySet<Item>;
}

/**
 * Sends a batch. When HubSpot refuses all of it for the sake of some record without saying which, the batch is halved
 * down to the culprits, so that one bad record never fails its neighbours. Nothing was written by a refused batch, and
 * every write here may be repeated, so sending the rest again is safe.
 * @throws SyncError when the very first call failed for another reason; later failures are outcomes of their records,
 * because the records before them were written.
 */
export async function sendSplitting<Item, Outcome>(
  items: readonly Item[],
  batch: Batch<Item, Outcome>,
): Promise<Outcome[]> {
  try {
    return await batch.send(items);
  } catch (error) {
    if (!(error instanceof SyncError) || !concernsContent(error)) throw error;
    return divide(items, batch, error);
  }
}

async function divide<Item, Outcome>(
  items: readonly Item[],
  batch: Batch<Item, Outcome>,
  error: SyncError,
): Promise<Outcome[]> {
  if (items.length === 1) return items.map((item) => batch.failed(item, error));
  const culprits = batch.culprits?.(error, items) ?? new Set<Item>();
  if (culprits.size > 0) {
    const refused = items.filter((item) => culprits.has(item)).map((item) => batch.failed(item, error));
    return [
      ...refused,
      ...(await sendPart(
        items.filter((item) => !culprits.has(item)),
        batch,
      )),
    ];
  }
  const middle = Math.ceil(items.length / 2);
  const first = await sendPart(items.slice(0, middle), batch);
  return [...first, ...(await sendPart(items.slice(middle), batch))];
}

async function sendPart<Item, Outcome>(
  items: readonly Item[],
  batch: Batch<Item, Outcome>,
): Promise<Outcome[]> {
  if (items.length === 0) return [];
  try {
    return await sendSplitting(items, batch);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return items.map((item) => batch.failed(item, error));
  }
}
