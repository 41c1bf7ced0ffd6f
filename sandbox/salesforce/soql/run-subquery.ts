import type { Query } from '@jetstreamapp/soql-parser-js';
import type { Value } from '../store/row.ts';
import type { Column } from './column.ts';

/** Runs the inner query of a semi-join and returns the values of its one column. */
export type SubqueryRunner = (subquery: Query, outer: Column) => (Value | null)[];
