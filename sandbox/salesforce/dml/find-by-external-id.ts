import type { FieldDefinition } from '../schema/field.ts';
import type { Row, Value } from '../store/row.ts';
import type { Table } from '../store/table.ts';

/** The live rows with this value in an external id field (or `Id`). */
export function findByExternalId(table: Table, field: FieldDefinition, value: Value): Row[] {
  const found: Row[] = [];
  for (const id of table.lookup(field.name, value) ?? []) {
    const row = table.get(id);
    if (row !== undefined && row['IsDeleted'] !== true) found.push(row);
  }
  return found;
}
