import type { OrderByClause } from '@jetstreamapp/soql-parser-js';
import { indexKey } from '../store/field-index.ts';
import type { Row } from '../store/row.ts';
import type { Column } from './column.ts';
import { compareKeys } from './condition.ts';
import { operandText, type Operand } from './operand.ts';
import { queryError } from './query-error.ts';

interface Order {
  column: Column;
  direction: 1 | -1;
  nulls: 1 | -1;
}

/** Compiles ORDER BY into a comparison of two rows; undefined when there is none. Nulls come first unless asked otherwise. */
export function compileOrder(
  clauses: OrderByClause | readonly OrderByClause[] | undefined,
  soql: string,
  resolve: (operand: Operand) => Column,
): ((left: Row, right: Row) => number) | undefined {
  const order = [clauses ?? []].flat().map((clause) => readClause(clause as OrderByClause, soql, resolve));
  return order.length === 0 ? undefined : (left, right) => compareRows(order, left, right);
}

function readClause(clause: OrderByClause, soql: string, resolve: (operand: Operand) => Column): Order {
  const operand: Operand = 'field' in clause ? clause.field : clause.fn;
  const column = resolve(operand);
  if (!isSortable(column)) {
    const message = `field '${column.field.name}' can not be sorted in a query call`;
    throw queryError('MALFORMED_QUERY', soql, operandText(operand), message);
  }
  return {
    column,
    direction: clause.order === 'DESC' ? -1 : 1,
    nulls: clause.nulls === 'LAST' ? 1 : -1,
  };
}

function isSortable({ field }: Column): boolean {
  const type: string = field.type;
  return field.filterable && type !== 'multipicklist';
}

function compareRows(order: readonly Order[], left: Row, right: Row): number {
  for (const { column, direction, nulls } of order) {
    const a = column.read(left);
    const b = column.read(right);
    if (a === undefined && b === undefined) continue;
    if (a === undefined) return nulls;
    if (b === undefined) return -nulls;
    const compared = compareKeys(indexKey(column.field, a), indexKey(column.field, b));
    if (compared !== 0) return compared * direction;
  }
  return 0;
}
