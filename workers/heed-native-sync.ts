import { stoppedBySync } from '../src/mirror/native-sync.ts';
import { baseResult } from './deal-outcomes.ts';
import { waiting, type MirrorBatch } from './mirror-batch.ts';

/**
 * Stops what became wanted before the CRMs' own integration was noticed: a deal that another connection has, or is to get, is not made
 * here as well. One that is here already goes on, and one that may be (its answer was lost) is looked for first: `lookedUp`.
 */
export async function heedNativeSync(batch: MirrorBatch, lookedUp = false): Promise<void> {
  const { context, connection } = batch;
  const fresh = waiting(batch).filter(({ crmId, mirror }) => crmId === null && mirror.suspect === lookedUp);
  if (fresh.length === 0) return;
  const ids = fresh.map(({ mirror }) => mirror.dealId);
  const stopped = await stoppedBySync(context.db, connection.id, ids);
  const errors = new Map(stopped.map(({ dealId, error }) => [dealId, error]));
  for (const item of fresh) {
    const error = errors.get(item.mirror.dealId);
    if (error !== undefined)
      item.result = { ...baseResult(item), state: 'parked', hash: null, error, write: null };
  }
}
