import { AdminError, type AdminRecord } from '../../admin/adapter.ts';
import { coerce } from '../dml/coerce.ts';
import { DmlError } from '../dml/dml-error.ts';
import { insertRecord } from '../dml/insert.ts';
import { canonicalId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Values } from '../store/row.ts';
import type { Table } from '../store/table.ts';
import type { Given, Transaction } from '../store/transaction.ts';

/**
 * Puts records there as if they had always been: all of them or none, no notification.
 * A record may name its own `Id` and whatever else only the platform writes: `CreatedDate`, `LastModifiedById`,
 * `IsDeleted`, a formula's value. What it leaves out is worked out as for any new record.
 * Throws an AdminError naming the record and field that are wrong.
 */
export function seedRecords(sandbox: Sandbox, table: Table, records: readonly AdminRecord[]): string[] {
  const { org, users } = sandbox;
  const actor = { origin: 'seed', userId: users.rep, client: '', changeOrigin: '', requestId: '' } as const;
  const transaction = org.begin(actor);
  try {
    const ids = records.map((record, index) => seedOne(sandbox, transaction, table, record, index));
    org.commit(transaction);
    sandbox.journal.flush();
    return ids;
  } catch (error) {
    transaction.rollbackTo(0);
    throw error;
  }
}

function seedOne(
  sandbox: Sandbox,
  transaction: Transaction,
  table: Table,
  record: AdminRecord,
  index: number,
): string {
  const { type } = table;
  try {
    const { input, given } = split(type, record);
    if (given.id !== undefined && table.get(given.id) !== undefined)
      throw new DmlError('DUPLICATE_VALUE', `there is a ${type.name} ${given.id} already`, ['Id']);
    transaction.given = given;
    const row = type.definition.createable
      ? insertRecord(sandbox.org, transaction, type, input)
      : transaction.write({ type, op: 'create', values: plainValues(type, input) });
    return row['Id'] as string;
  } catch (error) {
    if (error instanceof DmlError) throw wrongRecord(error, index);
    throw error;
  }
}

/** What any client could write, and what only a seed can say. */
function split(type: ObjectType, record: AdminRecord): { input: AdminRecord; given: Given } {
  const input: AdminRecord = {};
  const values: Values = {};
  for (const name in record) {
    if (name === 'attributes' || name === 'Id') continue;
    const field = type.field(name);
    if (field === undefined || field.createable) input[name] = record[name];
    else values[field.name] = coerce(field, record[name]);
  }
  return { input, given: { object: type.name, id: idOf(record), values } };
}

function idOf({ Id }: AdminRecord): string | undefined {
  if (Id === undefined || Id === null) return undefined;
  const id = canonicalId(String(Id));
  if (id === undefined) throw new DmlError('MALFORMED_ID', `malformed id ${String(Id)}`, ['Id']);
  return id;
}

/** Rows of objects that only the platform writes, such as users: no rules, but no unknown field either. */
function plainValues(type: ObjectType, input: AdminRecord): Values {
  const values: Values = {};
  for (const field of type.defaulted)
    if (field.defaultValue !== undefined || field.type === 'boolean')
      values[field.name] = field.defaultValue ?? false;
  for (const name in input) {
    const field = type.field(name);
    if (field === undefined) throw new DmlError('INVALID_FIELD', `No such column '${name}'`, [name]);
    values[field.name] = coerce(field, input[name]);
  }
  return values;
}

function wrongRecord({ code, message, fields }: DmlError, index: number): AdminError {
  const named = fields.length > 0 ? fields : [''];
  const problems = named.map((field) => ({
    field: ['records', String(index), field].filter((part) => part !== '').join('.'),
    reason: `${code}: ${message}`,
  }));
  return new AdminError(400, `records.${index}: ${code}: ${message}`, problems);
}
