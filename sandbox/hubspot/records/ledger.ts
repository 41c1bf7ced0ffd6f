import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import type { CommittedWrite, WriteLog } from '../../journal/write-log.ts';
import { OBJECT_TYPES, typeOf, type TypeId } from '../portal/object-types.ts';
import { putProperty, type Portal } from '../portal/portal.ts';
import { applyRecordChange } from './apply-record-change.ts';
import { createAssociationStore, type AssociationStore } from './association-store.ts';
import type { Author } from './author.ts';
import type { AssociationChange, Committed, JournalEntry, Merge, RecordChange } from './change.ts';
import { applyMerge } from './apply-merge.ts';
import { createRecentChanges, type RecentChanges } from './recent-changes.ts';
import { createRecordStore, type RecordStore } from './record-store.ts';
import type { CrmRecord, Values } from './record.ts';

/** The one place where the portal's state changes: journal, then memory, then whoever listens. */
export interface Ledger {
  readonly stores: Record<TypeId, RecordStore>;
  readonly associations: AssociationStore;
  readonly recent: Record<TypeId, RecentChanges>;
  nextId(): string;
  commitRecords(author: Author, changes: RecordChange[]): CrmRecord[];
  commitAssociations(author: Author, changes: AssociationChange[]): void;
  commitMerge(author: Author, merge: Merge): CrmRecord;
  /** Everything else: properties, groups, tokens, webhook settings. Applies what concerns the portal. */
  commitSetting(entry: SettingEntry): void;
  /** Applies a journal entry at start, without telling listeners. Returns false for entries that are not the ledger's. */
  replay(entry: JournalEntry): boolean;
  onCommitted(listener: (changes: Committed[]) => void): void;
}

type SettingEntry = Exclude<JournalEntry, { kind: 'records' | 'associations' | 'merge' }>;

const FIRST_ID = 20_000_000_001;

export interface LedgerParts {
  portal: Portal;
  clock: SandboxClock;
  journal: JournalFile;
  writes: WriteLog;
  /** How long a change may stay unknown to search. */
  searchLagMs: number;
}

/** Creates an empty ledger. */
export function createLedger(parts: LedgerParts): Ledger {
  const { portal, clock, journal, writes } = parts;
  const stores = perType((type) => createRecordStore(type, portal.schemas[type].unique));
  const recent = perType(() => createRecentChanges(parts.searchLagMs));
  const associations = createAssociationStore(portal.labels);
  const listeners: ((changes: Committed[]) => void)[] = [];
  let last = FIRST_ID - 1;

  const log = (write: CommittedWrite): void => writes.add(write);

  function tell(changes: Committed[]): void {
    for (const listener of listeners) listener(changes);
  }

  function applyRecords(changes: RecordChange[], author: Author, at: number): Committed[] {
    return changes.map((change) => {
      if (change.op === 'create') last = Math.max(last, Number(change.id));
      const done = applyRecordChange(stores[change.type], change, author, at, log);
      if (done.kind === 'record') recent[change.type].add(done.record);
      return done;
    });
  }

  function applyAssociations(changes: AssociationChange[], author: Author, at: number): Committed[] {
    return changes.map((change) => {
      associations.apply(change);
      log(writeOfAssociation(change, author, at));
      return { kind: 'association', at, author, change };
    });
  }

  function applySetting(entry: SettingEntry): boolean {
    if (entry.kind === 'property') {
      putProperty(portal, entry.type, entry.property);
      stores[entry.type].setUnique(portal.schemas[entry.type].unique);
    } else if (entry.kind === 'group') {
      const { groups } = portal.schemas[entry.type];
      if (entry.removed === true) groups.delete(entry.group.name);
      else groups.set(entry.group.name, entry.group);
    } else if (entry.kind === 'label') {
      applyLabel(portal, entry);
    } else return false;
    return true;
  }

  return {
    stores,
    associations,
    recent,
    nextId: () => String((last += 1)),
    commitRecords(author, changes) {
      const at = clock.ms();
      journal.append({ kind: 'records', at, author, changes } satisfies JournalEntry);
      const done = applyRecords(changes, author, at);
      tell(done);
      return done.map((one) => (one as Extract<Committed, { kind: 'record' }>).record);
    },
    commitAssociations(author, changes) {
      if (changes.length === 0) return;
      const at = clock.ms();
      journal.append({ kind: 'associations', at, author, changes } satisfies JournalEntry);
      tell(applyAssociations(changes, author, at));
    },
    commitMerge(author, merge) {
      const at = clock.ms();
      journal.append({ kind: 'merge', at, author, ...merge } satisfies JournalEntry);
      last = Math.max(last, Number(merge.intoId));
      const done = applyMerge(stores[merge.type], associations, merge, author, at, log);
      recent[merge.type].add(done.record);
      tell([done]);
      return done.record;
    },
    commitSetting(entry) {
      journal.append(entry);
      applySetting(entry);
    },
    replay(entry) {
      switch (entry.kind) {
        case 'records':
          applyRecords(entry.changes, entry.author, entry.at);
          return true;
        case 'associations':
          applyAssociations(entry.changes, entry.author, entry.at);
          return true;
        case 'merge':
          last = Math.max(last, Number(entry.intoId));
          applyMerge(stores[entry.type], associations, entry, entry.author, entry.at, log);
          return true;
        default:
          return applySetting(entry);
      }
    },
    onCommitted: (listener) => void listeners.push(listener),
  };
}

/** A label taken away is a label no more, and joins nobody. */
function applyLabel({ labels }: Portal, { label, removed }: Extract<JournalEntry, { kind: 'label' }>): void {
  for (const typeId of [label.typeId, label.inverseTypeId]) {
    if (removed) labels.delete(typeId);
    else labels.set(typeId, label);
  }
}

function perType<T>(make: (type: TypeId) => T): Record<TypeId, T> {
  return Object.fromEntries(OBJECT_TYPES.map(({ id }) => [id, make(id)])) as Record<TypeId, T>;
}

function writeOfAssociation(change: AssociationChange, author: Author, at: number): CommittedWrite {
  return {
    at,
    object: typeOf(change.from).plural,
    id: change.fromId,
    op: change.op,
    fields: { to: typeOf(change.to).plural, toId: change.toId, typeIds: change.typeIds },
    previous: NONE,
    origin: author.origin,
    client: author.client,
    requestId: author.requestId,
  };
}

const NONE: Values = Object.freeze({}) as Values;
