import type { Row } from '../store/row.ts';
import type { Table } from '../store/table.ts';
import type { Condition } from './compiled-condition.ts';
import { compileComparison } from './condition.ts';
import type { QueryScope } from './scope.ts';
import type { WhereTree } from './where-tree.ts';

/** A compiled WHERE clause: the test, and the conditions that every matching row must meet. */
export interface Filter {
  test(row: Row): boolean;
  needed: readonly Condition[];
}

/** Compiles a tree of comparisons. */
export function compileFilter(scope: QueryScope, tree: WhereTree): Filter {
  switch (tree.kind) {
    case 'compare': {
      const condition = compileComparison(scope, tree.comparison);
      return { test: condition.test, needed: [condition] };
    }
    case 'not': {
      const inner = compileFilter(scope, tree.inner);
      return { test: (row) => !inner.test(row), needed: [] };
    }
    case 'and': {
      const parts = tree.parts.map((part) => compileFilter(scope, part));
      return {
        test: (row) => parts.every((part) => part.test(row)),
        needed: parts.flatMap((part) => part.needed),
      };
    }
    case 'or': {
      const parts = tree.parts.map((part) => compileFilter(scope, part));
      return { test: (row) => parts.some((part) => part.test(row)), needed: [] };
    }
  }
}

/**
 * Ids of the rows worth testing. An equality or IN on an indexed field, or a lower bound on the time of change,
 * spares the scan of the whole table; the filter is applied afterwards all the same.
 */
export function candidateIds(table: Table, filter: Filter | undefined): Iterable<string> {
  for (const { equals } of filter?.needed ?? []) {
    if (equals === undefined) continue;
    const found = idsWithAnyValue(table, equals);
    if (found !== undefined) return found;
  }
  for (const { modifiedSince } of filter?.needed ?? []) {
    if (modifiedSince !== undefined) return table.modifiedSince(modifiedSince);
  }
  return table.ids;
}

function idsWithAnyValue(table: Table, equals: NonNullable<Condition['equals']>): Set<string> | undefined {
  const ids = new Set<string>();
  for (const value of equals.values) {
    const found = table.lookup(equals.field, value);
    if (found === undefined) return undefined;
    for (const id of found) ids.add(id);
  }
  return ids;
}
