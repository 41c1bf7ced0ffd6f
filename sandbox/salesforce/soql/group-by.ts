import type { GroupByClause } from '@jetstreamapp/soql-parser-js';
import { indexKey } from '../store/field-index.ts';
import type { Row, Value } from '../store/row.ts';
import type { Column } from './column.ts';
import { resolveOperand } from './function-column.ts';
import { functionName, operandKey, operandText, type Operand } from './operand.ts';
import { queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';

/** One expression of a GROUP BY. */
export interface Grouping {
  key: string;
  operand: Operand;
  column: Column;
}

/** Rows that agree in the groupings used; with ROLLUP and CUBE some groupings are left out, for subtotals. */
export interface Group {
  rows: readonly Row[];
  values: ReadonlyMap<string, Value | undefined>;
  /** Keys of the groupings this group sums up over. */
  over: ReadonlySet<string>;
}

/** What a GROUP BY says: its expressions, and each set of them that rows are grouped by. */
export interface GroupPlan {
  groupings: readonly Grouping[];
  sets: readonly (readonly Grouping[])[];
}

const NOT_GROUPABLE = [
  'currency',
  'double',
  'percent',
  'datetime',
  'multipicklist',
  'address',
  'location',
  'base64',
];

/** Compiles GROUP BY; no clause means one group of everything. */
export function compileGroupBy(
  scope: QueryScope,
  clauses: GroupByClause | readonly GroupByClause[] | undefined,
): GroupPlan {
  const operands: Operand[] = [clauses ?? []].flat().map((clause) => {
    const one = clause as GroupByClause;
    return 'field' in one ? one.field : one.fn;
  });
  const [first] = operands;
  const subtotals = first === undefined || typeof first === 'string' ? '' : functionName(first);
  if (subtotals !== 'ROLLUP' && subtotals !== 'CUBE') {
    const groupings = operands.map((operand) => compileGrouping(scope, operand));
    return { groupings, sets: [groupings] };
  }
  const inner = typeof first === 'string' ? [] : (first?.parameters ?? []);
  const groupings = inner.map((operand) => compileGrouping(scope, operand));
  return { groupings, sets: subtotals === 'ROLLUP' ? rollupSets(groupings) : cubeSets(groupings) };
}

function compileGrouping(scope: QueryScope, operand: Operand): Grouping {
  const column = resolveOperand(scope, operand);
  if (!isGroupable(column)) {
    const message = `field '${column.field.name}' can not be grouped in a query call`;
    throw queryError('MALFORMED_QUERY', scope.soql, operandText(operand), message);
  }
  return { key: operandKey(operand), operand, column };
}

function isGroupable({ field }: Column): boolean {
  return field.filterable && !NOT_GROUPABLE.includes(field.type);
}

function rollupSets(groupings: readonly Grouping[]): Grouping[][] {
  return Array.from({ length: groupings.length + 1 }, (_one, left) =>
    groupings.slice(0, groupings.length - left),
  );
}

function cubeSets(groupings: readonly Grouping[]): Grouping[][] {
  const sets: Grouping[][] = [];
  for (let bits = 2 ** groupings.length - 1; bits >= 0; bits -= 1)
    sets.push(groupings.filter((_one, at) => (bits >> (groupings.length - 1 - at)) & 1));
  return sets;
}

/** Divides rows into groups, each set of groupings for itself. */
export function divide(plan: GroupPlan, rows: readonly Row[]): Group[] {
  return plan.sets.flatMap((set) => divideBy(set, plan, rows));
}

function divideBy(set: readonly Grouping[], plan: GroupPlan, rows: readonly Row[]): Group[] {
  const groups = new Map<string, { rows: Row[]; values: Map<string, Value | undefined> }>();
  // Without groupings there is one group even of no rows: COUNT answers 0.
  if (set.length === 0 && plan.groupings.length === 0) groups.set('[]', { rows: [], values: new Map() });
  for (const row of rows) {
    const values = set.map(({ column }) => column.read(row));
    const key = JSON.stringify(values.map((value, at) => normalized(set[at], value)));
    const known = groups.get(key);
    if (known !== undefined) known.rows.push(row);
    else groups.set(key, { rows: [row], values: new Map(set.map((one, at) => [one.key, values[at]])) });
  }
  const over = new Set(plan.groupings.filter((one) => !set.includes(one)).map(({ key }) => key));
  return [...groups.values()].map((group) => ({ ...group, over }));
}

function normalized(grouping: Grouping | undefined, value: Value | undefined): Value | null {
  return grouping === undefined || value === undefined ? null : indexKey(grouping.column.field, value);
}
