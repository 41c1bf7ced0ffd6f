import { DmlError } from '../dml/dml-error.ts';
import type { Input } from '../dml/read-input.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType, Schema } from '../schema/schema.ts';
import { JobFailure } from './bulk-error.ts';

/** Puts one cell into the record that becomes of its row. */
type Column = (record: Record<string, unknown>, cell: string) => void;

/** Reads a row of cells as a record. Throws a DmlError when a cell cannot be read. */
export type RowReader = (cells: readonly string[]) => Input;

/** A cell that clears its field; an empty one leaves it as it is. */
const NULL = '#N/A';

/**
 * Resolves a header row. Names are matched without regard to case: a field, or `Relationship.ExternalId` (also
 * `Type:Relationship.ExternalId`) for a parent named by its external id. Throws a JobFailure for an unknown column.
 */
export function compileColumns(schema: Schema, type: ObjectType, header: readonly string[]): RowReader {
  const seen = new Set<string>();
  const columns = header.map((name) => {
    if (seen.has(name.toLowerCase()))
      throw new JobFailure('InvalidBatch', `Duplicate field name found : ${name}`);
    seen.add(name.toLowerCase());
    return compileColumn(schema, type, name);
  });
  return (cells) => {
    const record: Record<string, unknown> = {};
    for (let at = 0; at < columns.length; at += 1) {
      const cell = cells[at] as string;
      if (cell !== '') (columns[at] as Column)(record, cell);
    }
    return record;
  };
}

function compileColumn(schema: Schema, type: ObjectType, name: string): Column {
  if (name.toLowerCase() === 'id') {
    return (record, cell) => {
      record['Id'] = cell;
    };
  }
  const field = type.field(name);
  if (field !== undefined) {
    return (record, cell) => {
      record[field.name] = cell === NULL ? null : readCell(field, cell);
    };
  }
  return compileRelationship(schema, type, name);
}

function compileRelationship(schema: Schema, type: ObjectType, name: string): Column {
  const [, target, relationship = '', keyName = ''] = /^(?:(\w+):)?(\w+)\.(\w+)$/.exec(name) ?? [];
  const lookup = type.parent(relationship);
  const parent = schema.object(lookup?.referenceTo[0] ?? '');
  const key = parent?.field(keyName);
  const isTarget = target === undefined || target.toLowerCase() === parent?.name.toLowerCase();
  if (lookup === undefined || key === undefined || !isTarget || !(key.externalId || key.name === 'Id')) {
    throw new JobFailure('InvalidBatch', `Field name not found : ${name}`);
  }
  const relationshipName = lookup.relationshipName ?? relationship;
  return (record, cell) => {
    if (cell === NULL) record[lookup.name] = null;
    else record[relationshipName] = { [key.name]: cell };
  };
}

function readCell(field: FieldDefinition, cell: string): unknown {
  if (field.type !== 'boolean') return cell;
  if (/^(true|1)$/i.test(cell)) return true;
  if (/^(false|0)$/i.test(cell)) return false;
  throw wrongType(field, cell);
}

/** The cell is no number, date or truth value although its field is. */
export function wrongType(field: FieldDefinition, cell: string): DmlError {
  return new DmlError(
    'INVALID_TYPE_ON_FIELD_IN_RECORD',
    `${field.label}: value not of required type: ${cell}`,
    [field.name],
  );
}
