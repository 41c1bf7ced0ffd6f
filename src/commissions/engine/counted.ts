import type { Exact } from '../exact.ts';

/** How far a deal moved a counter, and how much of that is left. */
export interface Counted {
  counter: string;
  scope: string;
  currency: string;
  /** The payment or invoice that moved it. */
  part: string | undefined;
  moved: Exact;
  left: Exact;
}
