import type { Transaction } from '../store/transaction.ts';
import { beginTriggerRun, TriggerError } from '../rules/automation/run-triggers.ts';
import { DmlError } from './dml-error.ts';

/** What became of one row. */
export type RowOutcome<R> = { result: R } | { error: DmlError };

const CHUNK = 200;
const ATTEMPTS = 3;

/**
 * Carries out rows in chunks of 200 of one object, as triggers see them. A refused row leaves no trace.
 * A trigger that throws fails its whole chunk. When a trigger puts an error on some rows and `allOrNone` is false,
 * the vendor takes the chunk back and runs the good rows again, three times at most (Apex Developer Guide, Bulk DML Exception Handling).
 *
 * @param kindOf what a row must have in common with its neighbours to be in one chunk with them: its object
 */
export function runInChunks<T, R>(
  transaction: Transaction,
  rows: readonly T[],
  kindOf: (row: T) => unknown,
  carryOut: (row: T, index: number) => R,
  allOrNone: boolean,
): RowOutcome<R>[] {
  const outcomes: RowOutcome<R>[] = [];
  for (let from = 0; from < rows.length;) {
    const to = chunkEnd(rows, from, kindOf);
    runChunk(transaction, rows, from, to, carryOut, allOrNone ? 1 : ATTEMPTS, outcomes);
    from = to;
  }
  return outcomes;
}

function chunkEnd<T>(rows: readonly T[], from: number, kindOf: (row: T) => unknown): number {
  const kind = kindOf(rows[from] as T);
  let to = from + 1;
  while (to < rows.length && to - from < CHUNK && kindOf(rows[to] as T) === kind) to += 1;
  return to;
}

function runChunk<T, R>(
  transaction: Transaction,
  rows: readonly T[],
  from: number,
  to: number,
  carryOut: (row: T, index: number) => R,
  attempts: number,
  outcomes: RowOutcome<R>[],
): void {
  const start = transaction.mark();
  for (let attempt = 1; ; attempt += 1) {
    beginTriggerRun(transaction);
    let retry = false;
    for (let at = from; at < to; at += 1) {
      if (attempt > 1 && 'error' in (outcomes[at] as RowOutcome<R>)) continue;
      const outcome = runRow(transaction, rows[at] as T, at, carryOut);
      outcomes[at] = outcome;
      if (!('error' in outcome) || !(outcome.error instanceof TriggerError)) continue;
      if (outcome.error.scope === 'chunk') {
        transaction.rollbackTo(start);
        for (let other = from; other < to; other += 1) outcomes[other] = outcome;
        return;
      }
      retry = true;
    }
    if (!retry || attempts === 1) return;
    transaction.rollbackTo(start);
    if (attempt < attempts) continue;
    failTheRest(outcomes, from, to);
    return;
  }
}

function runRow<T, R>(
  transaction: Transaction,
  row: T,
  index: number,
  carryOut: (row: T, index: number) => R,
): RowOutcome<R> {
  const mark = transaction.mark();
  try {
    return { result: carryOut(row, index) };
  } catch (error) {
    transaction.rollbackTo(mark);
    if (!(error instanceof DmlError)) throw error;
    return { error };
  }
}

function failTheRest<R>(outcomes: RowOutcome<R>[], from: number, to: number): void {
  const error = new DmlError(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'Too many batch retries in the presence of Apex triggers and partial failures.',
  );
  for (let at = from; at < to; at += 1) {
    if (!('error' in (outcomes[at] as RowOutcome<R>))) outcomes[at] = { error };
  }
}
