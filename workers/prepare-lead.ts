import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError } from '../src/mapping/evaluate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { payloadHash } from '../src/mirror/payload-hash.ts';
import { mirroredResult, parkedResult } from './deal-outcomes.ts';
import type { MirrorItem } from './mirror-batch.ts';

/** The payload of a deal that is a lead until somebody converts it. */
export function prepareLead(connection: WiredConnection, item: MirrorItem): MirrorItem {
  const { mirror, view } = item;
  const rows = connection.mapping.lead?.write;
  if (!rows) return park(connection, item, 'the mapping has no part "lead" any more', []);
  try {
    const lasting = evaluateRows(rows, view.view, false);
    item.hash = payloadHash(connection.mapping.digest, lasting, ['lead']);
    item.fields = mirror.crmId === null ? evaluateRows(rows, view.view, true) : lasting;
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return park(connection, item, error.message, [error.field]);
  }
  if (mirror.crmId !== null && mirror.mirroredHash === item.hash && !mirror.suspect)
    item.result = mirroredResult(item, null);
  return item;
}

function park(
  { vendor }: WiredConnection,
  item: MirrorItem,
  plain: string,
  fields: readonly string[],
): MirrorItem {
  const nextStep = 'Correct the deal or the mapping row, then redrive.';
  const error = new SyncError({ kind: 'invalid-record', stage: 'push', vendor, plain, nextStep, fields });
  item.result = parkedResult(item, error);
  return item;
}
