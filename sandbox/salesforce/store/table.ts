import { recordId, recordNumber } from '../ids.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { createFieldIndex, type FieldIndex } from './field-index.ts';
import type { Row, Value } from './row.ts';

/** All rows of one object, deleted ones included. */
export interface Table {
  /** The object as it is now; another one after each change of the schema. */
  readonly type: ObjectType;
  /** Takes the object's new definition: indexes are built for fields that need one now. Rows stay as they are. */
  adopt(type: ObjectType): void;
  /** Forgets a field's values in every row, or (with a new name) moves them there. The rows' time stamps stay. */
  dropValues(fieldName: string, movedTo?: string): void;
  get(id: string): Row | undefined;
  /** Stores a row in place of `before`. */
  put(after: Row, before: Row | undefined): void;
  /** Takes back a {@link put}. */
  revert(after: Row, before: Row | undefined): void;
  nextId(): string;
  /** Ids whose row has this value; undefined when the field is not indexed. */
  lookup(fieldName: string, value: Value): Iterable<string> | undefined;
  /** Ids in order of creation. */
  readonly ids: readonly string[];
  /** Ids of rows modified at or after a moment. */
  modifiedSince(ms: number): Iterable<string>;
  liveCount(): number;
}

interface Modification {
  at: number;
  id: string;
}

/** Creates an empty table. */
export function createTable(initialType: ObjectType): Table {
  let type = initialType;
  const rows = new Map<string, Row>();
  const ids: string[] = [];
  const indexes = new Map<string, FieldIndex>();
  for (const field of indexedFields(type)) indexes.set(field.name, createFieldIndex(field));
  const modifications = createModificationLog(rows);
  let last = 0;
  let live = 0;

  function replaceInIndexes(after: Row | undefined, before: Row | undefined): void {
    for (const [name, index] of indexes) {
      if (before !== undefined && after !== undefined && before[name] === after[name]) continue;
      if (before !== undefined) index.remove(before);
      if (after !== undefined) index.add(after);
    }
    live += liveness(after) - liveness(before);
  }

  function adopt(newType: ObjectType): void {
    const wanted = new Map(indexedFields(newType).map((field) => [field.name, field]));
    for (const name of indexes.keys()) if (!wanted.has(name)) indexes.delete(name);
    for (const [name, field] of wanted) {
      // A definition is never changed in place, so the same object means the same index.
      if (indexes.has(name) && type.field(name) === field) continue;
      const index = createFieldIndex(field);
      for (const row of rows.values()) index.add(row);
      indexes.set(name, index);
    }
    type = newType;
  }

  function dropValues(fieldName: string, movedTo: string | undefined): void {
    for (const [id, before] of rows) {
      const { [fieldName]: value, ...after } = before;
      if (value === undefined) continue;
      const row: Row = movedTo === undefined ? after : { ...after, [movedTo]: value };
      rows.set(id, row);
      replaceInIndexes(row, before);
    }
  }

  return {
    get type() {
      return type;
    },
    adopt,
    dropValues,
    ids,
    get: (id) => rows.get(id),
    put(after, before) {
      const id = after['Id'] as string;
      if (before === undefined) {
        ids.push(id);
        last = Math.max(last, recordNumber(id));
      }
      rows.set(id, after);
      replaceInIndexes(after, before);
      modifications.add(after);
    },
    revert(after, before) {
      const id = after['Id'] as string;
      if (before === undefined) {
        rows.delete(id);
        ids.splice(ids.lastIndexOf(id), 1);
      } else rows.set(id, before);
      replaceInIndexes(before, after);
    },
    nextId() {
      last += 1;
      return recordId(type.definition.keyPrefix, last);
    },
    lookup(fieldName, value) {
      if (fieldName === 'Id') return [value as string];
      return indexes.get(fieldName)?.ids(value);
    },
    modifiedSince: (ms) => modifications.since(ms),
    liveCount: () => live,
  };
}

function indexedFields(type: ObjectType): FieldDefinition[] {
  return type.fields.filter((field) => field.indexed && field.type !== 'id');
}

function liveness(row: Row | undefined): number {
  return row === undefined || row['IsDeleted'] === true ? 0 : 1;
}

/** Remembers when rows changed, so that a poll for "modified since" reads only the tail. */
function createModificationLog(rows: ReadonlyMap<string, Row>) {
  let log: Modification[] = [];
  // A record written twice in one millisecond is stamped ahead of its time, and a clock can be set back.
  let sorted = true;

  function sort(): void {
    if (sorted) return;
    log.sort((left, right) => left.at - right.at);
    sorted = true;
  }

  return {
    add(row: Row): void {
      const at = row['SystemModstamp'];
      if (typeof at !== 'number') return;
      if (at < (log.at(-1)?.at ?? 0)) sorted = false;
      log.push({ at, id: row['Id'] as string });
      if (log.length > 10_000 && log.length > rows.size * 4) log = log.filter((one) => isCurrent(one, rows));
    },
    *since(ms: number): Generator<string> {
      sort();
      const given = new Set<string>();
      for (let at = firstAtOrAfter(log, ms); at < log.length; at += 1) {
        const one = log[at] as Modification;
        if (!isCurrent(one, rows) || given.has(one.id)) continue;
        given.add(one.id);
        yield one.id;
      }
    },
  };
}

function isCurrent(one: Modification, rows: ReadonlyMap<string, Row>): boolean {
  return rows.get(one.id)?.['SystemModstamp'] === one.at;
}

function firstAtOrAfter(log: readonly Modification[], ms: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((log[middle] as Modification).at < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
