import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import { noSuchColumn, noSuchRelationship } from './query-error.ts';

/** A field a query names, on the object itself or up a chain of parents. */
export interface Column {
  field: FieldDefinition;
  /** The lookups to follow before the field is reached; empty for the object's own fields. */
  path: readonly FieldDefinition[];
  read(row: Row): Value | undefined;
}

/** Resolves `Name`, `Account.Name` or `Account.Owner.Name`. A leading name of the object itself is ignored, as in SOQL. */
export function resolveColumn(org: Org, type: ObjectType, name: string, soql: string): Column {
  const steps = name.split('.');
  const last = steps.pop() ?? '';
  if (steps[0]?.toLowerCase() === type.name.toLowerCase() && type.parent(steps[0]) === undefined)
    steps.shift();
  const path: FieldDefinition[] = [];
  let current = type;
  for (const step of steps) {
    const parent = current.parent(step);
    const target = parent === undefined ? undefined : org.preset.schema.object(parent.referenceTo[0] ?? '');
    if (parent === undefined || target === undefined) throw noSuchRelationship(soql, step);
    path.push(parent);
    current = target;
  }
  const field = current.field(last);
  if (field === undefined) throw noSuchColumn(soql, last, current.name);
  return { field, path, read: reader(org, path, field) };
}

function reader(org: Org, path: readonly FieldDefinition[], field: FieldDefinition): Column['read'] {
  if (path.length === 0) return (row) => row[field.name];
  return (row) => {
    let current: Row | undefined = row;
    for (const step of path) current = parentRow(org, step, current);
    return current?.[field.name];
  };
}

/** The row a lookup points at. */
export function parentRow(org: Org, lookup: FieldDefinition, row: Row | undefined): Row | undefined {
  const id = row?.[lookup.name];
  return typeof id === 'string' ? org.table(lookup.referenceTo[0] ?? '').get(id) : undefined;
}
