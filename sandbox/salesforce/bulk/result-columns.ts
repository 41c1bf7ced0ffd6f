import type { FieldType } from '../schema/field.ts';
import type { ObjectType, Schema } from '../schema/schema.ts';
import { RestError } from '../rest/rest-error.ts';
import { parseSoql } from '../soql/parse.ts';
import { noSuchObject } from '../soql/query-error.ts';

/** One column of a query job's result. */
export interface ResultColumn {
  /** Such as `Name` or `Account.Owner.Name`. */
  name: string;
  /** The cell of a record as the query API answers it. */
  read(record: Record<string, unknown>): string;
}

/**
 * Works out the columns of a query. Throws a RestError for what the Bulk API does not offer although the query API does:
 * aggregates, `COUNT()`, `GROUP BY`, `OFFSET`, functions and child subqueries.
 */
export function compileResultColumns(schema: Schema, soql: string): ResultColumn[] {
  const { query } = parseSoql(soql);
  if (query.groupBy !== undefined || query.having !== undefined) throw unsupported('GROUP BY');
  if (query.offset !== undefined) throw unsupported('OFFSET');
  const type = schema.object(query.sObject ?? '');
  if (type === undefined) throw noSuchObject(soql, query.sObject ?? '');
  return (query.fields ?? []).map((item) => {
    if (item.type === 'Field') return column(schema, type, item.field.split('.'));
    if (item.type === 'FieldRelationship') return column(schema, type, [...item.relationships, item.field]);
    if (item.type === 'FieldSubquery') throw unsupported('nested queries');
    throw unsupported('functions and aggregates');
  });
}

function column(schema: Schema, type: ObjectType, given: readonly string[]): ResultColumn {
  const [first = ''] = given;
  const ownName =
    given.length > 1 && first.toLowerCase() === type.name.toLowerCase() && type.parent(first) === undefined;
  const steps = ownName ? given.slice(1) : given;
  const keys: string[] = [];
  let current: ObjectType | undefined = type;
  for (const step of steps.slice(0, -1)) {
    const lookup = current?.parent(step);
    keys.push(lookup?.relationshipName ?? step);
    current = schema.object(lookup?.referenceTo[0] ?? '');
  }
  const last = steps.at(-1) ?? '';
  const field = current?.field(last);
  keys.push(field?.name ?? last);
  return { name: keys.join('.'), read: (record) => cell(field?.type, dig(record, keys)) };
}

function dig(record: Record<string, unknown>, keys: readonly string[]): unknown {
  let value: unknown = record;
  for (const key of keys)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : null;
  return value;
}

function cell(type: FieldType | undefined, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  // Files name UTC by its letter, where the REST API writes its offset.
  if (type === 'datetime') return String(value).replace(/\+0000$/, 'Z');
  if (typeof value === 'number' && type !== 'int' && Number.isInteger(value)) return `${value}.0`;
  return String(value);
}

function unsupported(what: string): RestError {
  return new RestError(400, 'API_ERROR', `Bulk API queries do not support ${what}`);
}
