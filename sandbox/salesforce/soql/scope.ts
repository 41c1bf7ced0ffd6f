import type { Query } from '@jetstreamapp/soql-parser-js';
import type { Schema } from '../schema/schema.ts';
import type { Row, Value } from '../store/row.ts';
import type { Column, NameScope } from './column.ts';
import type { Operand } from './operand.ts';

/** How a query is run. */
export interface QueryOptions {
  version: string;
  /** `queryAll` includes deleted rows. */
  includeDeleted: boolean;
  /** Whom `USING SCOPE mine` means, and in whose currency amounts are converted. */
  userId?: string;
  /** What the user sees of the org's objects; all of them when left out. */
  schema?: Schema;
  /** Cuts a long list of children into pages; without it children come whole. */
  pageChildren?: ChildPager;
}

/** The records of a child subquery as one page, with its own locator when there are more. */
export type ChildPager = (
  rows: readonly Row[],
  project: (row: Row) => Record<string, unknown>,
) => Record<string, unknown>;

/** Where a query is compiled. */
export interface QueryScope extends NameScope {
  options: QueryOptions;
  /** What a field or function stands for in WHERE or HAVING. */
  resolve(operand: Operand): Column;
  /** Runs the inner query of a semi-join and returns the values of its one column. */
  runSubquery(subquery: Query, outer: Column): (Value | null)[];
}
