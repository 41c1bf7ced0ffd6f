import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType, Schema } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import { malformed, noSuchColumn, noSuchRelationship } from './query-error.ts';

/** A field a query names, on the object itself or up a chain of parents; or a function of one. */
export interface Column {
  field: FieldDefinition;
  /** The lookups to follow before the field is reached; empty for the object's own fields. */
  path: readonly FieldDefinition[];
  read(row: Row): Value | undefined;
  /** A function's value: no index knows it. */
  derived?: true;
}

/** Where names are resolved: the object a query is on, its alias, and the text for error messages. */
export interface NameScope {
  org: Org;
  schema: Schema;
  type: ObjectType;
  soql: string;
  /** `FROM Account a`: the name fields may be led by. */
  alias: string | undefined;
}

const MAX_LEVELS = 5;

/** Resolves `Name`, `Account.Name` or `Account.Owner.Name`. A leading name or alias of the object itself is ignored, as in SOQL. */
export function resolveColumn(scope: NameScope, name: string): Column {
  const { org, schema, type, soql } = scope;
  const steps = name.split('.');
  const last = steps.pop() ?? '';
  if (steps[0] !== undefined && meansItself(scope, steps[0])) steps.shift();
  if (steps.length > MAX_LEVELS) {
    throw malformed(
      `SOQL statements cannot query parent relationships more than ${MAX_LEVELS} levels away: ${name}`,
    );
  }
  const path: FieldDefinition[] = [];
  let current: readonly ObjectType[] = [type];
  for (const step of steps) {
    const parent = firstDefined(current, (one) => one.parent(step));
    const targets = parent === undefined ? [] : targetsOf(schema, parent);
    if (parent === undefined || targets.length === 0) throw noSuchRelationship(soql, step);
    path.push(parent);
    current = targets;
  }
  const field = firstDefined(current, (one) => one.field(last));
  if (field === undefined) throw noSuchColumn(soql, last, current[0]?.name ?? type.name);
  return { field, path, read: reader(org, path, field) };
}

function meansItself({ type, alias }: Pick<NameScope, 'type' | 'alias'>, step: string): boolean {
  if (alias?.toLowerCase() === step.toLowerCase()) return true;
  return step.toLowerCase() === type.name.toLowerCase() && type.parent(step) === undefined;
}

function firstDefined<T>(
  types: readonly ObjectType[],
  find: (type: ObjectType) => T | undefined,
): T | undefined {
  for (const type of types) {
    const found = find(type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reader(org: Org, path: readonly FieldDefinition[], field: FieldDefinition): Column['read'] {
  if (path.length === 0) return (row) => row[field.name];
  return (row) => {
    let current: Row | undefined = row;
    for (const step of path) current = parentOf(org, step, current)?.row;
    return current?.[field.name];
  };
}

/** The objects a lookup may point at, of those this org has. */
export function targetsOf(schema: Schema, lookup: FieldDefinition): ObjectType[] {
  return lookup.referenceTo.flatMap((name) => schema.object(name) ?? []);
}

/** The row a lookup points at, and its object: a lookup to several objects tells by the id's prefix. */
export function parentOf(
  org: Org,
  lookup: FieldDefinition,
  row: Row | undefined,
): { type: ObjectType; row: Row } | undefined {
  const id = row?.[lookup.name];
  if (typeof id !== 'string') return undefined;
  const [only, ...others] = targetsOf(org.preset.schema, lookup);
  const type =
    others.length === 0
      ? only
      : targetsOf(org.preset.schema, lookup).find((one) => id.startsWith(one.definition.keyPrefix));
  const found = type === undefined ? undefined : org.table(type.name).get(id);
  return type === undefined || found === undefined ? undefined : { type, row: found };
}
