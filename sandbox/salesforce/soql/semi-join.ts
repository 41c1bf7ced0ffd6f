import type { Query } from '@jetstreamapp/soql-parser-js';
import type { Column } from './column.ts';
import { malformed, noSuchObject } from './query-error.ts';
import type { QueryScope } from './scope.ts';
import type { WhereTree } from './where-tree.ts';

const MAX_PER_QUERY = 2;

/** Checks where the semi-joins and anti-joins of a WHERE clause stand: at most two, side by side with AND, not nested. */
export function checkSemiJoins(tree: WhereTree): void {
  const joins = subqueriesIn(tree);
  if (joins.length > MAX_PER_QUERY)
    throw malformed(`Maximum ${MAX_PER_QUERY} semi join sub-selects are allowed`);
  if (joins.some(({ underOr }) => underOr))
    throw malformed("Semi join sub-selects are not allowed with the 'OR' operator");
}

function subqueriesIn(tree: WhereTree, underOr = false): { underOr: boolean }[] {
  switch (tree.kind) {
    case 'compare':
      return tree.comparison.subquery === undefined ? [] : [{ underOr }];
    case 'not':
      return subqueriesIn(tree.inner, underOr);
    case 'and':
    case 'or':
      return tree.parts.flatMap((part) => subqueriesIn(part, underOr || tree.kind === 'or'));
  }
}

/** Reads the inner query of a semi-join: its object, and the one id field it selects. Throws as the vendor does. */
export function readSemiJoin(
  outer: QueryScope,
  left: Column,
  inner: Query,
): { scope: Pick<QueryScope, 'type' | 'alias'>; field: string } {
  if (left.field.type !== 'id' && left.field.type !== 'reference') {
    throw malformed(
      `The left operand field in the where expression for outer query should be an id or reference field, cannot use: '${left.field.name}'`,
    );
  }
  const name = inner.sObject ?? '';
  const type = outer.schema.object(name);
  if (type === undefined) throw noSuchObject(outer.soql, name);
  if (type === outer.type && left.path.length === 0)
    throw malformed('The inner and outer selects should not be on the same object type');
  for (const clause of ['orderBy', 'limit', 'groupBy', 'offset'] as const) {
    if (inner[clause] !== undefined) throw malformed('unexpected token in semi join sub-select');
  }
  const [item, ...others] = inner.fields ?? [];
  if (item === undefined || others.length > 0 || (item.type !== 'Field' && item.type !== 'FieldRelationship'))
    throw malformed('semi join sub-selects must select exactly one id or reference field');
  const field = item.type === 'Field' ? item.field : [...item.relationships, item.field].join('.');
  return { scope: { type, alias: inner.sObjectAlias }, field };
}

/** The field an inner query selects has to hold ids. */
export function checkSemiJoinColumn(column: Column): void {
  if (column.field.type === 'id' || column.field.type === 'reference') return;
  throw malformed(
    `The selected field '${column.field.name}' in the subquery and the left operand field in the where expression in the outer query should point to the same object type`,
  );
}
