/** What every step of the calculation of one event for one partner works with. */
import { isCurrency, type Exact } from '../exact.ts';
import type { Money } from '../language/choices.ts';
import type { FullPlan } from '../language/full-plan.ts';
import type { Book } from './book.ts';
import type { DealEvent } from './events.ts';
import type { ExchangeTable } from './exchange.ts';
import type { Facts } from './facts.ts';
import { Hold, type HoldReason } from './hold.ts';
import type { KnownPartner } from './directory.ts';
import type { Tally } from './tally.ts';

/** A counter as one event finds and leaves it, in its own unit; `quota` in the same. */
export interface Reading {
  before: Exact;
  after: Exact;
  /** Where it ended in the period before; of what is no period, 0. */
  previous: Exact;
  quota: Exact | null;
  /** Names the period it counts in: sums that go with it use the same. */
  key: string;
}

export interface Setting {
  plan: FullPlan;
  tally: Tally;
  exchange: ExchangeTable;
  event: DealEvent;
  /** Whose tier, counters and quotas are used. */
  partner: string;
  directory: KnownPartner | undefined;
  facts: Facts;
  /** Percent of the basis that is this partner's; '100' unless the basis is shared. */
  share: string;
  readings: ReadonlyMap<string, Reading>;
  /** What rules earned on this event so far, in the order of the plan. */
  earned: { rule: string; amount: Exact; currency: string }[];
  book: Book;
  /** The rule at work: partners' targets and quotas may be named by it. */
  rule?: string;
}

export function currencyOf({ plan, event }: Pick<Setting, 'plan' | 'event'>): string {
  return plan.currency === 'deal' ? dealCurrency(event) : plan.currency;
}

export function dealCurrency({ deal }: DealEvent): string {
  if (deal.currency === null) throw new Hold('currency-missing', `Deal ${deal.deal} has no currency.`);
  if (!isCurrency(deal.currency))
    throw new Hold(
      'currency-unknown',
      `"${deal.currency}" of deal ${deal.deal} is not an ISO 4217 currency code.`,
    );
  return deal.currency;
}

/** An amount of the plan in this currency. @throws Hold where the plan names none */
export function amountIn(
  plan: Pick<FullPlan, 'currency'>,
  money: Money,
  currency: string,
  what: string,
): string {
  if (typeof money !== 'string') {
    const known = money[currency];
    if (known !== undefined) return known;
  } else if (plan.currency === 'deal' || plan.currency === currency) return money;
  throw new Hold(
    reasons[what] ?? 'amount-missing-for-currency',
    `The plan names no ${what} in ${currency}; publish a version that does.`,
  );
}

const reasons: Record<string, HoldReason> = {
  cap: 'cap-missing-for-currency',
  floor: 'minimum-missing-for-currency',
};
