import { DmlError } from '../dml/dml-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';

interface Held {
  requestId: string;
  /** Epoch milliseconds of the machine: a lock is held while a real request is in flight. */
  until: number;
}

const locks = new WeakMap<Org, Map<string, Held>>();

/**
 * Takes the locks that a write needs: the record itself and the accounts it hangs on.
 * Provoked by: two requests in flight that write children of the same account, while `settings.lockHoldMs` is above 0.
 * The later one meets UNABLE_TO_LOCK_ROW: it stands for a wait of more than ten seconds at the vendor.
 */
export function lockAccounts(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  values: Readonly<Values>,
  before: Row | undefined,
): void {
  const { lockHoldMs } = org.settings;
  if (lockHoldMs === 0) return;
  const held = locks.get(org) ?? new Map<string, Held>();
  locks.set(org, held);
  const now = Date.now();
  const { requestId } = transaction.actor;
  const wanted = new Set([...rowsToLock(org, type, values), ...rowsToLock(org, type, before)]);
  for (const id of wanted) {
    const other = held.get(id);
    if (other !== undefined && other.requestId !== requestId && other.until > now) throw unableToLock(id);
  }
  for (const id of wanted) held.set(id, { requestId, until: now + lockHoldMs });
  if (held.size > 10_000) forgetOld(held, now);
}

/** How much longer a request has to stay in flight, in milliseconds: as long as it holds a lock. */
export function remainingHold(org: Org, requestId: string): number {
  const held = locks.get(org);
  if (held === undefined || org.settings.lockHoldMs === 0) return 0;
  const now = Date.now();
  let until = now;
  for (const lock of held.values()) if (lock.requestId === requestId) until = Math.max(until, lock.until);
  return until - now;
}

function* rowsToLock(org: Org, type: ObjectType, row: Readonly<Values> | undefined): Generator<string> {
  if (row === undefined) return;
  if (typeof row['Id'] === 'string') yield row['Id'];
  for (const name of ['AccountId', 'AccountFromId', 'AccountToId']) {
    const account = row[name];
    if (typeof account === 'string') yield account;
  }
  const opportunity = type.name === 'Opportunity' ? undefined : row['OpportunityId'];
  const parent = typeof opportunity === 'string' ? org.table('Opportunity').get(opportunity) : undefined;
  if (parent !== undefined) yield* rowsToLock(org, org.table('Opportunity').type, parent);
}

function forgetOld(held: Map<string, Held>, now: number): void {
  for (const [id, lock] of held) if (lock.until <= now) held.delete(id);
}

function unableToLock(id: string): DmlError {
  return new DmlError(
    'UNABLE_TO_LOCK_ROW',
    `unable to obtain exclusive access to this record or 1 records: ${id}`,
  );
}
