import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError } from '../src/mapping/evaluate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { payloadHash } from '../src/mirror/payload-hash.ts';
import { mirroredResult, parkedResult } from './deal-outcomes.ts';
import type { MirrorItem } from './mirror-batch.ts';

/**
 * A deal that belongs to a record which was there before writes its key and the rows flagged `attach`, and nothing else.
 * It never creates a record: without the record's id it waits for a person.
 */
export function prepareAttached(
  connection: WiredConnection,
  item: MirrorItem,
  noteEdits: () => void,
): MirrorItem {
  const { mirror, view } = item;
  if (mirror.crmId === null) return park(connection, item, 'the record it was attached to is not known', []);
  try {
    const rows = connection.mapping.deal.write.filter((row) => row.attach);
    const lasting = evaluateRows(rows, view.view, false);
    item.hash = payloadHash(connection.mapping.digest, lasting, ['attached', view.partnerAccountId]);
    item.fields = { ...lasting, [connection.mapping.deal.keyField]: mirror.dealId };
    noteEdits();
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return park(connection, item, error.message, [error.field]);
  }
  if (mirror.mirroredHash === item.hash && !mirror.suspect) item.result = mirroredResult(item, null);
  return item;
}

function park(
  { vendor }: WiredConnection,
  item: MirrorItem,
  plain: string,
  fields: readonly string[],
): MirrorItem {
  const nextStep = 'Correct the deal or the mapping row, or detach the deal; then redrive.';
  const error = new SyncError({ kind: 'invalid-record', stage: 'push', vendor, plain, nextStep, fields });
  item.result = parkedResult(item, error);
  return item;
}
