/**
 * The calculation: a plan and one won deal in, lines or a hold out. Pure, so that an entry can be computed again
 * from what it stores, and a plan can be tried without a database.
 */
import { exponentOf } from '../platform/money.ts';
import { Exact, isCurrency, roundToMinor } from './exact.ts';
import { tierKey } from './plan.ts';
import type { Plan } from './plan.ts';
import { sentenceOf } from './trace.ts';
import type { Trace, TraceStep } from './trace.ts';

export interface CalculationInput {
  /** Exact decimal text in `currency`; null when the CRM has none. */
  amount: string | null;
  /** ISO 4217; null when the CRM has none. */
  currency: string | null;
  /** ISO 8601, UTC: the vendor's time of the win. */
  wonAt: string;
  /** The partner's tier on the day of the win, as recorded; null without one. */
  tier: string | null;
  /** The day that tier began. */
  tierSince: string | null;
}

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
] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What cannot be computed without a guess waits for a person. */
export interface Hold {
  hold: HoldReason;
  /** What is missing and what to do, one sentence. */
  explanation: string;
}

export interface CommissionLine {
  component: 'base';
  amountMinor: bigint;
  currency: string;
  trace: Trace;
}

export type Calculation = { lines: readonly CommissionLine[] } | Hold;

/**
 * Eligibility, basis, conversion, rate, cap, minimum, rounding, in this order; rounded once, at the end.
 * Never throws for what a deal may hold: it answers a hold.
 */
export function calculate(plan: Plan, input: CalculationInput): Calculation {
  try {
    const steps: TraceStep[] = [];
    requireInEffect(plan, input.wonAt);
    const basis = readBasis(input);
    steps.push({
      step: 'basis',
      basis: plan.basis,
      amount: basis.amount.toFixed(),
      currency: basis.currency,
    });
    const converted = convert(plan, basis, steps);
    const earned = applyRate(plan, input, converted.amount, steps);
    const capped = applyCap(plan, earned, converted.currency, steps);
    const owed = applyMinimum(plan, capped, converted, steps);
    return { lines: [round(owed, converted.currency, steps)] };
  } catch (thrown) {
    if (thrown instanceof Held) return { hold: thrown.reason, explanation: thrown.message };
    throw thrown;
  }
}

class Held extends Error {
  readonly reason: HoldReason;

  constructor(reason: HoldReason, explanation: string) {
    super(explanation);
    this.reason = reason;
  }
}

interface Amount {
  amount: Exact;
  currency: string;
}

function requireInEffect(plan: Plan, wonAt: string): void {
  if (isInEffect(plan, wonAt)) return;
  throw new Held(
    'no-plan-in-effect',
    `Plan ${plan.plan} version ${plan.version} is not in effect on ${wonAt.slice(0, 10)}.`,
  );
}

function isInEffect(plan: Plan, wonAt: string): boolean {
  const day = wonAt.slice(0, 10);
  return plan.effectiveFrom <= day && (plan.effectiveTo === undefined || day < plan.effectiveTo);
}

function readBasis(input: CalculationInput): Amount {
  if (input.currency === null)
    throw new Held('currency-missing', 'The deal has no currency in the CRM of record.');
  if (!isCurrency(input.currency)) {
    throw new Held('currency-unknown', `"${input.currency}" is not an ISO 4217 currency code.`);
  }
  if (input.amount === null) throw new Held('amount-missing', 'The deal has no amount in the CRM of record.');
  const amount = new Exact(input.amount);
  if (amount.isNegative() && !amount.isZero()) {
    throw new Held(
      'amount-negative',
      `The amount of the deal is negative: ${input.amount} ${input.currency}.`,
    );
  }
  return { amount, currency: input.currency };
}

function convert(plan: Plan, basis: Amount, steps: TraceStep[]): Amount {
  if (plan.currency === 'deal' || plan.currency === basis.currency) return basis;
  const found = (plan.rates ?? []).find((rate) => rate.from === basis.currency);
  if (found === undefined) {
    const explanation = `The plan pays in ${plan.currency} and has no rate for ${basis.currency}; publish a version that names one.`;
    throw new Held('rate-missing-for-currency', explanation);
  }
  const amount = basis.amount.times(found.rate);
  steps.push({ step: 'convert', ...found, amount: amount.toFixed() });
  return { amount, currency: found.to };
}

function applyRate(plan: Plan, input: CalculationInput, basis: Exact, steps: TraceStep[]): Exact {
  const percent = percentFor(plan, input.tier);
  const amount = basis.times(percent).dividedBy(100);
  steps.push({ step: 'rate', tier: input.tier, since: input.tierSince, percent, amount: amount.toFixed() });
  return amount;
}

function percentFor(plan: Plan, tier: string | null): string {
  if (tier !== null) {
    const named = Object.entries(plan.tiers).find(([name]) => tierKey(name) === tierKey(tier));
    if (named !== undefined) return named[1].rate;
  }
  if (plan.otherTiers !== 'hold') return plan.otherTiers.rate;
  if (tier === null)
    throw new Held('tier-missing', 'The partner had no tier on the day of the win; record one.');
  throw new Held(
    'tier-not-in-plan',
    `Plan ${plan.plan} version ${plan.version} names no rate for tier "${tier}".`,
  );
}

function applyCap(plan: Plan, amount: Exact, currency: string, steps: TraceStep[]): Exact {
  if (plan.cap === undefined) return amount;
  const limit = plan.cap[currency];
  if (limit === undefined)
    throw new Held('cap-missing-for-currency', `The plan caps deals but names no cap in ${currency}.`);
  const reached = amount.greaterThan(limit);
  const capped = reached ? new Exact(limit) : amount;
  steps.push({ step: 'cap', limit, reached, amount: capped.toFixed() });
  return capped;
}

function applyMinimum(plan: Plan, amount: Exact, basis: Amount, steps: TraceStep[]): Exact {
  if (plan.minimum === undefined) return amount;
  const { amounts, below } = plan.minimum;
  const limit = amounts[basis.currency];
  if (limit === undefined) {
    const explanation = `The plan has a minimum but names none in ${basis.currency}.`;
    throw new Held('minimum-missing-for-currency', explanation);
  }
  const applied = !basis.amount.isZero() && amount.lessThan(limit);
  const result = !applied ? amount : below === 'raise-to-it' ? new Exact(limit) : new Exact(0);
  steps.push({ step: 'minimum', limit, below, applied, amount: result.toFixed() });
  return result;
}

function round(amount: Exact, currency: string, steps: TraceStep[]): CommissionLine {
  const minor = roundToMinor(amount, currency);
  const exponent = exponentOf(currency);
  const rounded = new Exact(minor.toString()).dividedBy(new Exact(10).pow(exponent));
  steps.push({
    step: 'round',
    mode: 'half-up',
    currency,
    exponent,
    amount: rounded.toFixed(),
    minor: minor.toString(),
  });
  return { component: 'base', amountMinor: minor, currency, trace: { steps, sentence: sentenceOf(steps) } };
}
