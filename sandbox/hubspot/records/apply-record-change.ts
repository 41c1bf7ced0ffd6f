import type { CommittedWrite } from '../../journal/write-log.ts';
import { typeOf } from '../portal/object-types.ts';
import { CALCULATED, type Author } from './author.ts';
import type { Committed, RecordChange } from './change.ts';
import type { CrmRecord, Values } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** Carries out one change and tells the write log. Used for live writes and for the replay of the journal alike. */
export function applyRecordChange(
  store: RecordStore,
  change: RecordChange,
  author: Author,
  at: number,
  log: (write: CommittedWrite) => void,
): Committed {
  switch (change.op) {
    case 'create':
      return create(store, change, author, at, log);
    case 'update':
      return update(store, change, author, at, log);
    case 'delete':
    case 'undelete':
      return archiveOrRestore(store, change, author, at, log);
  }
}

type Log = (write: CommittedWrite) => void;

function create(store: RecordStore, change: RecordChange, author: Author, at: number, log: Log): Committed {
  const { values, calculated = {} } = change;
  const record: CrmRecord = {
    id: change.id,
    type: change.type,
    createdAt: at,
    updatedAt: at,
    archivedAt: undefined,
    values: { ...values, ...calculated },
    revisions: [{ at, author, values }],
    createdBy: author,
    mergedIds: [],
  };
  if (change.calculated !== undefined) record.revisions.push({ at, author: CALCULATED, values: calculated });
  store.insert(record);
  log(writeOf(change, author, at, NOTHING));
  return { kind: 'record', op: 'create', at, author, record, changed: values, calculated };
}

function update(store: RecordStore, change: RecordChange, author: Author, at: number, log: Log): Committed {
  const record = existing(store, change.id);
  // Two changes of one record never share a millisecond, or its history would have no order.
  const when = Math.max(at, (record.revisions.at(-1)?.at ?? 0) + 1);
  const previous = before(record, change.values);
  const changed = assign(store, record, change.values, author, when);
  const calculated = assign(store, record, change.calculated ?? NOTHING, CALCULATED, when);
  record.updatedAt = when;
  log(writeOf(change, author, at, previous));
  return { kind: 'record', op: 'update', at: when, author, record, changed, calculated };
}

function archiveOrRestore(
  store: RecordStore,
  change: RecordChange,
  author: Author,
  at: number,
  log: Log,
): Committed {
  const record = existing(store, change.id);
  if (change.op === 'delete') store.archive(record);
  else store.restore(record);
  record.archivedAt = change.op === 'delete' ? at : undefined;
  record.updatedAt = at;
  log(writeOf(change, author, at, NOTHING));
  return { kind: 'record', op: change.op, at, author, record, changed: NOTHING, calculated: NOTHING };
}

/** Sets the values that differ, keeps the history and the indexes, and returns what differed. */
function assign(store: RecordStore, record: CrmRecord, values: Values, author: Author, at: number): Values {
  const changed: Values = {};
  let any = false;
  for (const name in values) {
    const value = values[name] as string;
    if ((record.values[name] ?? '') === value) continue;
    changed[name] = value;
    any = true;
  }
  if (!any) return changed;
  store.reindex(record, record.values, changed);
  Object.assign(record.values, changed);
  record.revisions.push({ at, author, values: changed });
  return changed;
}

function before(record: CrmRecord, values: Values): Record<string, string | null> {
  const previous: Record<string, string | null> = {};
  for (const name in values) previous[name] = record.values[name] || null;
  return previous;
}

function writeOf(
  change: RecordChange,
  author: Author,
  at: number,
  previous: CommittedWrite['previous'],
): CommittedWrite {
  return {
    at,
    object: typeOf(change.type).plural,
    id: change.id,
    op: change.op,
    fields: change.values,
    previous,
    origin: author.origin,
    client: author.client,
    requestId: author.requestId,
  };
}

function existing(store: RecordStore, id: string): CrmRecord {
  const record = store.get(id);
  if (record === undefined) throw new Error(`journal names record ${id}, which does not exist`);
  return record;
}

const NOTHING: Values = Object.freeze({}) as Values;
