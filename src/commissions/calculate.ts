/**
 * The calculation: a plan and one won deal in, lines or a hold out. Pure, so that an entry can be computed again
 * from what it stores, and a plan can be tried without a database.
 */
import { exponentOf } from '../platform/money.ts';
import { Exact, isCurrency, roundToMinor } from './exact.ts';
import type { Amount } from './amount.ts';
import { splitIntoBases } from './bases.ts';
import type { LineInput } from './bases.ts';
import { Held } from './held.ts';
import type { HoldReason } from './held.ts';
import type { Plan } from './plan.ts';
import { convert, percentFor } from './rates.ts';
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
  /** How the partner came in; absent: sourced. */
  influence?: 'influenced' | 'renewal';
  /** The line items of the win; absent where they are not read. */
  lines?: readonly LineInput[];
}

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
    const { earned, of } =
      plan.basis === 'deal-amount' ? earn(plan, input, basis, steps) : earnByBase(plan, input, basis, steps);
    const shared = applyShare(plan, input, earned, steps);
    const capped = applyCap(plan, shared, of.currency, steps);
    // A share of nothing is nothing: no minimum lifts it.
    const counts = shared.isZero() && !earned.isZero() ? { ...of, amount: new Exact(0) } : of;
    const owed = applyMinimum(plan, capped, counts, steps);
    return { lines: [round(owed, of.currency, steps)] };
  } catch (thrown) {
    if (thrown instanceof Held) return { hold: thrown.reason, explanation: thrown.message };
    throw thrown;
  }
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
  if (input.amount === null)
    throw new Held(
      'amount-missing',
      'The CRM of record shows no amount for the deal, or hides it from Tributary (see tributary cards).',
    );
  const amount = new Exact(input.amount);
  if (amount.isNegative() && !amount.isZero()) {
    throw new Held(
      'amount-negative',
      `The amount of the deal is negative: ${input.amount} ${input.currency}.`,
    );
  }
  return { amount, currency: input.currency };
}

/** What the rate makes of an amount, and what it was taken of in the currency paid. */
interface Earned {
  earned: Exact;
  of: Amount;
}

function earn(plan: Plan, input: CalculationInput, basis: Amount, steps: TraceStep[]): Earned {
  const of = convert(plan, basis, steps);
  return { earned: applyRate(plan, input, of.amount, steps), of };
}

/** Each base of the line items by its own rates, then their sum. */
function earnByBase(plan: Plan, input: CalculationInput, basis: Amount, steps: TraceStep[]): Earned {
  let earned = new Exact(0);
  let of: Amount = {
    amount: new Exact(0),
    currency: plan.currency === 'deal' ? basis.currency : plan.currency,
  };
  for (const part of splitIntoBases(plan, input.lines, basis)) {
    steps.push(part.step);
    if (part.rates === null) continue;
    const converted = convert(plan, { amount: part.amount, currency: basis.currency }, steps);
    earned = earned.plus(applyRate(part.rates, input, converted.amount, steps));
    of = { ...converted, amount: of.amount.plus(converted.amount) };
  }
  if (earned.isNegative() && !earned.isZero())
    throw new Held(
      'amount-negative',
      `The line items earn less than nothing: ${earned.toFixed()} ${of.currency}.`,
    );
  steps.push({ step: 'sum', amount: earned.toFixed() });
  return { earned, of };
}

function applyRate(
  plan: Parameters<typeof percentFor>[0],
  input: CalculationInput,
  basis: Exact,
  steps: TraceStep[],
): Exact {
  const percent = percentFor(plan, input.tier);
  const amount = basis.times(percent).dividedBy(100);
  steps.push({ step: 'rate', tier: input.tier, since: input.tierSince, percent, amount: amount.toFixed() });
  return amount;
}

/** What the partner did not bring earns by a rule of its own, or waits for one. */
function applyShare(plan: Plan, input: CalculationInput, amount: Exact, steps: TraceStep[]): Exact {
  const { influence } = input;
  if (influence === undefined) return amount;
  const rule = influence === 'renewal' ? plan.renewals : plan.influenced;
  if (rule === undefined) {
    const name = influence === 'renewal' ? 'renewals' : 'influenced';
    const explanation = `Plan ${plan.plan} version ${plan.version} does not say what ${name} deals earn; publish a version with "${name}".`;
    throw new Held('influence-not-in-plan', explanation);
  }
  const percent = rule === 'nothing' ? '0' : rule.share;
  const shared = amount.times(percent).dividedBy(100);
  steps.push({ step: 'share', of: influence, percent, amount: shared.toFixed() });
  return shared;
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
