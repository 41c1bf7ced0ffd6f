import { appAuthor } from '../records/author.ts';
import type { AssociationChange, RecordChange } from '../records/change.ts';
import type { CrmRecord } from '../records/record.ts';
import type { Call } from '../http/call.ts';
import { invalid, type Answer } from '../http/vendor-error.ts';
import { presentWritten } from './present.ts';
import { multiStatusError, otherFault, refuseAll, type WriteFault } from './write-fault.ts';

/** Inputs a batch may carry (facts: Batch [L]). */
export const BATCH_LIMIT = 100;

/** One input after planning. */
export interface PlannedInput {
  traceId: string | undefined;
  change?: RecordChange;
  associations?: Omit<AssociationChange, 'fromId' | 'op'>[];
  fault?: WriteFault;
  /** Added to the input's result, e.g. `new`. */
  extra?: Record<string, unknown>;
}

/** Refuses batches that are empty or too large. */
export function checkBatchSize(count: number, limit = BATCH_LIMIT): void {
  if (count === 0) throw invalid('The batch has no inputs.');
  if (count > limit) {
    throw invalid(`The maximum number of inputs in a batch is ${limit}, but ${count} were given.`);
  }
}

/** Refuses a batch that names a record twice: always, trace ids or not. */
export function checkDuplicateIds(ids: readonly string[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const id of ids) (seen.has(id) ? twice : seen).add(id);
  if (twice.size === 0) return;
  const list = [...twice];
  throw invalid(`Duplicate IDs found in batch input: [${list.join(', ')}]. IDs must be unique`, {
    context: { ids: list },
  });
}

/** Lets a fault rule fail this input. */
export function injectItemFault(call: Call): WriteFault | undefined {
  const failing = call.itemFault?.();
  if (failing === undefined) return undefined;
  return otherFault(500, failing.code, failing.message ?? 'The object could not be written.');
}

/**
 * Commits a planned batch. When every input has its own trace id, good inputs are written and bad ones reported (207);
 * otherwise one bad input refuses the whole batch and nothing is written (facts: Batch [D] [L]).
 */
export function commitBatch(call: Call, inputs: readonly PlannedInput[], status: number): Answer {
  const bad = inputs.filter((input) => input.fault !== undefined);
  if (bad.length > 0 && !allTraced(inputs)) {
    throw refuseAll(
      call.sandbox.portal.portalId,
      bad.map(({ fault }) => fault as WriteFault),
    );
  }
  const good = inputs.filter((input) => input.change !== undefined);
  const records = commit(call, good);
  const results = good.map((input, index) => {
    const change = input.change as RecordChange;
    const shown = presentWritten(records[index] as CrmRecord, change.values, change.calculated);
    if (input.traceId !== undefined) shown['objectWriteTraceId'] = input.traceId;
    return Object.assign(shown, input.extra);
  });
  const errors = bad.map(({ fault, traceId }) =>
    multiStatusError(call.sandbox.portal.portalId, fault as WriteFault, traceId ?? ''),
  );
  return batchAnswer(call, results, errors, status);
}

/** A batch answer. Results come back in no particular order (facts: Batch [L]): never match them by position. */
export function batchAnswer(call: Call, results: unknown[], errors: unknown[], status: number): Answer {
  shuffle(results, call.sandbox.random);
  const frame = {
    status: 'COMPLETE',
    results,
    startedAt: new Date(call.now).toISOString(),
    completedAt: call.sandbox.clock.now().toISOString(),
  };
  if (errors.length === 0) return { status, json: frame };
  return { status: 207, json: { ...frame, numErrors: errors.length, errors } };
}

function commit(call: Call, inputs: readonly PlannedInput[]): CrmRecord[] {
  if (inputs.length === 0) return [];
  const author = appAuthor(call.grant?.appId ?? 0, call.requestId);
  const changes = inputs.map((input) => input.change as RecordChange);
  const records = call.sandbox.ledger.commitRecords(author, changes);
  const links = inputs.flatMap((input) =>
    (input.associations ?? []).map((link): AssociationChange => {
      return { op: 'associate', ...link, fromId: (input.change as RecordChange).id };
    }),
  );
  call.sandbox.ledger.commitAssociations(author, links);
  return records;
}

function allTraced(inputs: readonly PlannedInput[]): boolean {
  const ids = new Set(inputs.map(({ traceId }) => traceId));
  return ids.size === inputs.length && !ids.has(undefined) && !ids.has('');
}

function shuffle(items: unknown[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const held = items[last];
    items[last] = items[other];
    items[other] = held;
  }
}
