import type { CommittedWrite } from '../../journal/write-log.ts';
import { typeOf } from '../portal/object-types.ts';
import type { AssociationStore } from './association-store.ts';
import type { Author } from './author.ts';
import type { Committed, Merge } from './change.ts';
import type { CrmRecord } from './record.ts';
import type { RecordStore } from './record-store.ts';

/**
 * Merges one record into another. `intoId` is the primary's id, or a new one when HubSpot makes a third record;
 * either way the ids that go away answer with the record that stays (facts: Merge/archive [D]).
 */
export function applyMerge(
  store: RecordStore,
  associations: AssociationStore,
  merge: Merge,
  author: Author,
  at: number,
  log: (write: CommittedWrite) => void,
): Extract<Committed, { kind: 'merge' }> {
  const primary = store.live(merge.primaryId) as CrmRecord;
  const merged = store.live(merge.mergedId) as CrmRecord;
  const gone = merge.intoId === merge.primaryId ? [merged] : [primary, merged];
  for (const record of gone) retire(store, record, at);
  const record = gone.includes(primary) ? insertThird(store, merge, primary, merged, author, at) : primary;
  if (record === primary) fillGaps(store, record, merge, author, at);
  record.mergedIds = [...primary.mergedIds, ...merged.mergedIds, ...gone.map(({ id }) => id)];
  record.updatedAt = at;
  for (const { id } of gone) {
    store.alias(id, record.id);
    associations.move(merge.type, id, record.id);
    log(writeOf(merge, author, at, 'delete', id, { mergedInto: record.id }));
  }
  log(writeOf(merge, author, at, record === primary ? 'update' : 'create', record.id, merge.values));
  return { kind: 'merge', at, author, record, primaryId: merge.primaryId, mergedId: merge.mergedId };
}

/** Takes a record out of the live ones; it cannot be restored on its own. */
function retire(store: RecordStore, record: CrmRecord, at: number): void {
  store.archive(record);
  record.archivedAt = at;
}

/** The third record keeps the primary's history and creation, as its page in the CRM does. */
function insertThird(
  store: RecordStore,
  merge: Merge,
  primary: CrmRecord,
  merged: CrmRecord,
  author: Author,
  at: number,
): CrmRecord {
  const record: CrmRecord = {
    ...primary,
    id: merge.intoId,
    createdAt: Math.min(primary.createdAt, merged.createdAt),
    archivedAt: undefined,
    values: { ...primary.values, ...merge.values },
    revisions: [...primary.revisions, { at, author, values: merge.values }],
  };
  store.insert(record);
  return record;
}

function fillGaps(store: RecordStore, record: CrmRecord, merge: Merge, author: Author, at: number): void {
  store.reindex(record, record.values, merge.values);
  Object.assign(record.values, merge.values);
  record.revisions.push({ at, author, values: merge.values });
}

function writeOf(
  merge: Merge,
  author: Author,
  at: number,
  op: CommittedWrite['op'],
  id: string,
  fields: CommittedWrite['fields'],
): CommittedWrite {
  const { origin, client, requestId } = author;
  const object = typeOf(merge.type).plural;
  return { at, object, id, op, fields, previous: {}, origin, client, requestId };
}
