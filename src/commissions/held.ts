export const holdReasons = [
  'no-plan-in-effect',
  'amount-missing',
  'amount-negative',
  'currency-missing',
  'currency-unknown',
  'tier-missing',
  'tier-not-in-plan',
  'rate-missing-for-currency',
  'cap-missing-for-currency',
  'minimum-missing-for-currency',
  'line-items-missing',
  'line-item-currency',
  'product-not-in-plan',
  'difference-not-in-plan',
  'influence-not-in-plan',
] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What cannot be computed without a guess; ends a calculation. */
export class Held extends Error {
  readonly reason: HoldReason;

  constructor(reason: HoldReason, explanation: string) {
    super(explanation);
    this.reason = reason;
  }
}
