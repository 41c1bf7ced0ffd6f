import type { JournalFile } from '../../journal/journal-file.ts';
import type { WriteLog, WriteOp } from '../../journal/write-log.ts';
import { renderDatetime } from '../rest/render.ts';
import { createTransactionKey, type ChangeLog } from '../events/change-log.ts';
import type { Org } from './org.ts';
import { mergeRow, type Row, type Values } from './row.ts';
import type { Actor, Change } from './transaction.ts';

/** One change as it stands in the journal. */
interface JournalChange {
  o: string;
  i: string;
  p: WriteOp;
  /** Values that changed; null where a field was cleared. */
  v: Readonly<Values>;
  /** Names of the fields the actor wrote. */
  w?: readonly string[];
  /** Written by the platform itself. */
  a?: true;
}

/** A committed transaction as one line of the journal: it is there whole or not at all. */
interface JournalTransaction {
  t: 'tx';
  k: string;
  actor: Actor;
  c: JournalChange[];
}

interface Destinations {
  writes: WriteLog;
  changes: ChangeLog;
  /** Left out when nothing is to be kept: the lines would be rendered for nobody. */
  journal?: JournalFile | undefined;
}

/** Sends everything committed from now on to the write log, the event log and the journal. */
export function publishCommits(org: Org, to: Destinations): void {
  org.onCommit((changes, actor) => {
    const key = createTransactionKey();
    announce(changes, actor, key, to);
    if (to.journal === undefined) return;
    const line: JournalTransaction = { t: 'tx', k: key, actor, c: changes.map(toJournal) };
    to.journal.append(line);
  });
}

/** Applies a transaction read from the journal: rows, write log and events become what they were. */
export function replayTransaction(
  org: Org,
  line: JournalTransaction,
  to: Omit<Destinations, 'journal'>,
): void {
  const changes = line.c.map((change) => applyChange(org, change));
  announce(changes, line.actor, line.k, to);
}

/** Whether a journal entry is a transaction. */
export function isJournalTransaction(entry: unknown): entry is JournalTransaction {
  return typeof entry === 'object' && entry !== null && (entry as { t?: unknown }).t === 'tx';
}

function applyChange(org: Org, change: JournalChange): Change {
  const table = org.table(change.o);
  const before = change.p === 'create' ? undefined : table.get(change.i);
  const after = mergeRow(before, change.v);
  table.put(after, before);
  const op = change.p as Change['op'];
  return {
    type: table.type,
    id: change.i,
    op,
    before,
    after,
    // Of a new row everything is new, as when it was written: what was parsed beside the row need not be held.
    values: before === undefined ? after : change.v,
    written: change.w ?? [],
    automation: change.a === true,
  };
}

function toJournal(change: Change): JournalChange {
  const entry: JournalChange = {
    o: change.type.name,
    i: change.id,
    p: change.op,
    v: change.values,
  };
  if (change.written.length > 0) entry.w = change.written;
  if (change.automation) entry.a = true;
  return entry;
}

function announce(
  changes: readonly Change[],
  actor: Actor,
  key: string,
  to: Omit<Destinations, 'journal'>,
): void {
  for (const change of changes) {
    if (isOfInterest(change)) addToWriteLog(change, actor, to.writes);
  }
  if (actor.origin !== 'seed') to.changes.publish(changes, actor, key);
}

/** Rows the platform keeps for itself, and touches without a written field, are nobody's write. */
function isOfInterest(change: Change): boolean {
  if (change.type.definition.internal) return false;
  return !change.automation || change.op !== 'update' || change.written.length > 0;
}

function addToWriteLog(change: Change, actor: Actor, writes: WriteLog): void {
  writes.add({
    at: change.after['SystemModstamp'] as number,
    object: change.type.name,
    id: change.id,
    op: change.op,
    fields: () => pick(change, change.after),
    previous: () => (change.before === undefined ? {} : pick(change, change.before)),
    origin: change.automation ? 'automation' : actor.origin,
    client: actor.client,
    requestId: actor.requestId,
  });
}

function pick(change: Change, row: Row): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of change.written) {
    const value = row[name];
    const isDatetime = typeof value === 'number' && change.type.field(name)?.type === 'datetime';
    picked[name] = isDatetime ? renderDatetime(value) : (value ?? null);
  }
  return picked;
}
