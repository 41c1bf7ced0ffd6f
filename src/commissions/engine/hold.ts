/** What cannot be computed without a guess waits for a person. */
export type HoldReason =
  | 'no-plan-in-effect'
  | 'amount-missing'
  | 'amount-negative'
  | 'currency-missing'
  | 'currency-unknown'
  | 'fact-missing'
  | 'tier-missing'
  | 'tier-not-in-plan'
  | 'influence-not-in-plan'
  | 'cap-missing-for-currency'
  | 'minimum-missing-for-currency'
  | 'case-not-in-plan'
  | 'rate-missing-for-currency'
  | 'amount-missing-for-currency'
  | 'quota-missing'
  | 'target-missing'
  | 'quantity-missing'
  | 'line-items-missing'
  | 'line-item-currency'
  | 'partner-missing'
  | 'split-not-in-plan'
  | 'shares-missing'
  | 'shares-wrong'
  | 'parent-missing'
  | 'clawback-not-in-plan'
  | 'draw-missing'
  | 'payout-currency-missing';

/** Thrown inside the engine, answered as a hold by it. The message is one sentence: what is missing and what to do. */
export class Hold extends Error {
  override readonly name = 'Hold';
  readonly reason: HoldReason;

  constructor(reason: HoldReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
