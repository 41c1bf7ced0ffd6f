import type { TypeId } from '../portal/object-types.ts';
import type { CrmRecord, Values } from './record.ts';
import { createValueIndex, type ValueIndex } from './value-index.ts';

/** The records of one object type, with the look-ups that must never scan. */
export interface RecordStore {
  readonly type: TypeId;
  /** Finds a live or archived record, following merges to the surviving record (its id then differs). */
  get(id: string): CrmRecord | undefined;
  /** A live record by its own id or a merged one. */
  live(id: string): CrmRecord | undefined;
  /** The live record that holds a unique value. */
  byUnique(property: string, value: string): CrmRecord | undefined;
  /** Live records, oldest first. */
  all(): IterableIterator<CrmRecord>;
  archived(): IterableIterator<CrmRecord>;
  count(): number;
  insert(record: CrmRecord): void;
  /** Call with the values before and after a change, so that every index follows. */
  reindex(record: CrmRecord, before: Values, changed: Values): void;
  archive(record: CrmRecord): void;
  restore(record: CrmRecord): void;
  /** From now on `id` answers with the record `into`. */
  alias(id: string, into: string): void;
  /** Records whose indexed value equals `value` (lower case); builds the index on first use. */
  having(property: string, value: string): Iterable<CrmRecord>;
  /** Tells which properties have unique values; call after a property was created. */
  setUnique(properties: readonly string[]): void;
}

/** Creates an empty store. */
export function createRecordStore(type: TypeId, uniqueProperties: readonly string[]): RecordStore {
  const live = new Map<string, CrmRecord>();
  const archived = new Map<string, CrmRecord>();
  const aliases = new Map<string, string>();
  const unique = new Map<string, Map<string, CrmRecord>>();
  const indexes = new Map<string, ValueIndex>();
  setUnique(uniqueProperties);

  function setUnique(properties: readonly string[]): void {
    for (const property of properties) {
      if (unique.has(property)) continue;
      const holders = new Map<string, CrmRecord>();
      for (const record of live.values()) {
        const value = record.values[property];
        if (value !== undefined && value !== '') holders.set(value, record);
      }
      unique.set(property, holders);
    }
  }

  function resolve(id: string): string {
    let current = id;
    for (let next = aliases.get(current); next !== undefined; next = aliases.get(current)) current = next;
    return current;
  }

  function addToIndexes(record: CrmRecord, values: Values): void {
    for (const [property, holders] of unique) {
      const value = values[property];
      if (value !== undefined && value !== '') holders.set(value, record);
    }
    for (const [property, index] of indexes) index.add(values[property], record);
  }

  function removeFromIndexes(record: CrmRecord, values: Values): void {
    for (const [property, holders] of unique) {
      const value = values[property];
      if (value !== undefined && holders.get(value) === record) holders.delete(value);
    }
    for (const [property, index] of indexes) index.remove(values[property], record);
  }

  function indexOn(property: string): ValueIndex {
    let index = indexes.get(property);
    if (index === undefined) {
      index = createValueIndex();
      for (const record of live.values()) index.add(record.values[property], record);
      indexes.set(property, index);
    }
    return index;
  }

  /** Lists page by id, so a record that comes back must come back to its place. Rare, hence the plain re-sort. */
  function insertInOrder(record: CrmRecord): void {
    const all = [...live.values(), record].sort((left, right) => Number(left.id) - Number(right.id));
    live.clear();
    for (const one of all) live.set(one.id, one);
  }

  return {
    type,
    get: (id) => live.get(id) ?? live.get(resolve(id)) ?? archived.get(resolve(id)),
    live: (id) => live.get(id) ?? live.get(resolve(id)),
    byUnique: (property, value) => unique.get(property)?.get(value),
    all: () => live.values(),
    archived: () => archived.values(),
    count: () => live.size,
    insert(record) {
      live.set(record.id, record);
      addToIndexes(record, record.values);
    },
    reindex(record, before, changed) {
      removeFromIndexes(record, pick(before, changed));
      addToIndexes(record, changed);
    },
    archive(record) {
      live.delete(record.id);
      archived.set(record.id, record);
      removeFromIndexes(record, record.values);
    },
    restore(record) {
      archived.delete(record.id);
      insertInOrder(record);
      addToIndexes(record, record.values);
    },
    alias(id, into) {
      archived.delete(id);
      aliases.set(id, into);
    },
    having: (property, value) => indexOn(property).get(value),
    setUnique,
  };
}

function pick(values: Values, names: Values): Values {
  const picked: Values = {};
  for (const name in names) {
    const value = values[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
