import type { Row, Value } from '../store/row.ts';

/** A compiled comparison: a test of one row, and what an index could make of it. */
export interface Condition {
  test(row: Row): boolean;
  /** The object's own field must be one of these values. */
  equals?: { field: string; values: readonly Value[] };
  /** The row was modified at or after this moment. */
  modifiedSince?: number;
}
