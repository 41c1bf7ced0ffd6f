import type { FieldDefinition } from '../schema/field.ts';
import type { Row, Value } from './row.ts';

/** Finds rows by the value of one field. */
export interface FieldIndex {
  add(row: Row): void;
  remove(row: Row): void;
  ids(value: Value): Iterable<string>;
}

const NONE: readonly string[] = [];

/** Creates an index. Text is matched without regard to case unless the field says otherwise, as in SOQL and unique checks. */
export function createFieldIndex(field: FieldDefinition): FieldIndex {
  // One id per key is the rule, so sets are made only where a second id turns up.
  const entries = new Map<Value, string | Set<string>>();

  function key(value: Value): Value {
    return indexKey(field, value);
  }

  return {
    add(row) {
      const value = row[field.name];
      if (value === undefined) return;
      const id = row['Id'] as string;
      const at = key(value);
      const present = entries.get(at);
      if (present === undefined) entries.set(at, id);
      else if (typeof present !== 'string') present.add(id);
      else if (present !== id) entries.set(at, new Set([present, id]));
    },
    remove(row) {
      const value = row[field.name];
      if (value === undefined) return;
      const at = key(value);
      const present = entries.get(at);
      if (present === row['Id']) entries.delete(at);
      else if (present instanceof Set) present.delete(row['Id'] as string);
    },
    ids(value) {
      const present = entries.get(key(value));
      if (present === undefined) return NONE;
      return typeof present === 'string' ? [present] : present;
    },
  };
}

/** The form in which two values of a field are the same value. */
export function indexKey(field: FieldDefinition, value: Value): Value {
  return typeof value === 'string' &&
    !field.caseSensitive &&
    field.type !== 'reference' &&
    field.type !== 'id'
    ? value.toLowerCase()
    : value;
}
