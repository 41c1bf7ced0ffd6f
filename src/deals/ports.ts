import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Deal } from './deal.ts';

/** What follows from a deal. Implemented by the mirror, called inside the transaction that changes the deal. */
export interface DealOutputs {
  /**
   * Facts the CRMs show have changed: at approval, when an approved deal changes, and when the name or tier of its
   * partner does. Only ids of approved deals are given. A rejection rolls the change back.
   */
  dealsChanged(tx: Sql, dealIds: readonly string[]): Promise<void>;
}

/**
 * The rule that gives each deal its one CRM of record: connection id by deal id, for a whole batch at a time.
 * A deal left out, or given null, has none: it is approved, and its wins earn nothing.
 */
export type ChooseRecord = (tx: Sql, deals: readonly Deal[]) => Promise<ReadonlyMap<string, string | null>>;

export interface DealRules {
  /** A registration without an expected close date gets this many days after its registration. */
  closeAfterDays: number;
  /** An approved deal is protected for this many days after its approval. */
  protectionDays: number;
}

export const defaultDealRules: DealRules = { closeAfterDays: 90, protectionDays: 90 };

/** What every change of a deal needs. */
export interface DealContext {
  clock: Clock;
  outputs: DealOutputs;
  chooseRecord: ChooseRecord;
  rules: DealRules;
}
