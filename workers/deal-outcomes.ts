import { SyncError } from '../src/crm/sync-error.ts';
import type { DealResult } from '../src/mirror/deal-result.ts';
import { LeaseTooShort } from '../src/mirror/lease.ts';
import { asSyncError, decideNext, type Decision } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';

export function missingAnswer(vendor: string, stage: 'push' | 'link'): SyncError {
  const plain = 'the CRM answered without a result for this record';
  return new SyncError({ kind: 'ambiguous', stage, vendor, plain });
}

/** LeaseTooShort is not an answer of the CRM: it ends the batch. */
export function asCallError(thrown: unknown, stage: SyncError['stage'], vendor: string): SyncError {
  if (thrown instanceof LeaseTooShort) throw thrown;
  return asSyncError(thrown, stage, vendor);
}

export async function failItems(
  batch: MirrorBatch,
  items: readonly MirrorItem[],
  error: SyncError,
): Promise<void> {
  const { context, connection } = batch;
  const now = context.clock.now();
  let decision: Decision | undefined;
  for (const item of items) {
    decision = decideNext(error, item.mirror.attempts + 1, now, context.random);
    item.result = failedResult(item, error, decision);
  }
  if (decision) await heedPause(context, connection, error, decision);
  if (error.details.schemaSuspect === true) context.connections.recheck?.(connection.id);
  if (error.kind === 'bug')
    context.logger.warn({ err: error, connectionId: connection.id }, 'unforeseen failure of a CRM call');
}

export function baseResult(item: MirrorItem): Omit<DealResult, 'state' | 'write'> {
  return {
    offers: item.offers,
    ...(item.withheld === undefined ? {} : { withheld: item.withheld }),
    ...(item.allowed ? { allowed: true as const } : {}),
    created: item.fresh,
    dealId: item.mirror.dealId,
    version: item.mirror.desiredVersion,
    claimedDueAt: item.mirror.dueAt,
    hash: item.hash,
    crmId: item.crmId,
    linked: false,
    pushedHash: item.pushed ? item.hash : null,
    pushedFresh: false,
    suspect: false,
    dueAt: null,
    error: null,
  };
}

export function mirroredResult(item: MirrorItem, outcome: 'written' | null): DealResult {
  const write: DealResult['write'] =
    outcome === null ? null : { operation: item.sent ?? 'link', outcome, fields: item.fields };
  return { ...baseResult(item), state: 'mirrored', linked: true, write };
}

export function parkedResult(item: MirrorItem, error: SyncError): DealResult {
  return { ...baseResult(item), state: 'parked', hash: null, error: error.details, write: null };
}

/** The CRM refused it, and a person is asked. */
export function refusedResult(item: MirrorItem, error: DealResult['error']): DealResult {
  const write =
    item.sent === null ? null : { operation: item.sent, outcome: 'refused' as const, fields: item.fields };
  return { ...baseResult(item), state: 'parked', hash: null, error, write };
}

function failedResult(item: MirrorItem, error: SyncError, decision: Decision): DealResult {
  const { next } = decision;
  const ambiguous = next.do === 'look-then-retry';
  const retrying = next.do === 'retry' || next.do === 'look-then-retry';
  return {
    ...baseResult(item),
    state: retrying ? 'due' : next.do === 'park' ? 'parked' : 'tombstone',
    hash: null,
    // A known id needs no look-up: the next write goes to that very record.
    suspect: ambiguous || item.mirror.suspect,
    dueAt: retrying ? next.at : null,
    error: error.details,
    write:
      item.sent === null
        ? null
        : { operation: item.sent, outcome: ambiguous ? 'ambiguous' : 'refused', fields: item.fields },
  };
}
