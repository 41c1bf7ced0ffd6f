/** Something of the ledger that is not as it must be. There must be none. */
export interface Finding {
  /** What it is of: `transaction 12`, `entry 0193…`. */
  subject: string;
  /** One sentence in plain words. */
  problem: string;
}
