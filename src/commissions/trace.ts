/**
 * How an amount came about, as steps a machine can walk again and a sentence a partner can read. Amounts are exact
 * decimal texts, not yet rounded until the last step.
 */
import { exponentOf } from '../platform/money.ts';
import { Exact, readable, roundToMinor } from './exact.ts';

export type TraceStep =
  | { step: 'basis'; basis: 'deal-amount' | 'line-items'; amount: string; currency: string }
  | { step: 'base'; base: string; items: readonly TracedItem[]; amount: string }
  | { step: 'left-out'; what: 'other-products' | 'difference'; items: readonly TracedItem[]; amount: string }
  | { step: 'sum'; amount: string }
  | { step: 'share'; of: 'influenced' | 'renewal'; percent: string; amount: string }
  | { step: 'convert'; from: string; to: string; rate: string; source: string; amount: string }
  | { step: 'rate'; tier: string | null; since: string | null; percent: string; amount: string }
  | { step: 'cap'; limit: string; reached: boolean; amount: string }
  | { step: 'minimum'; limit: string; below: 'pay-nothing' | 'raise-to-it'; applied: boolean; amount: string }
  | { step: 'round'; mode: 'half-up'; currency: string; exponent: number; amount: string; minor: string };

/** A line item, or the difference between their sum and the amount of the deal (id null). */
export interface TracedItem {
  id: string | null;
  product: string;
  amount: string;
}

export interface Trace {
  steps: readonly TraceStep[];
  sentence: string;
}

export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/**
 * Walks the steps again, each from the one before, and answers the minor units they lead to.
 * Throws TraceError at the first step that does not follow.
 */
export function replayTrace(steps: readonly TraceStep[]): bigint {
  const [basis, ...rest] = steps;
  if (basis?.step !== 'basis') throw new TraceError('a trace starts with its basis');
  if (basis.basis === 'line-items') return replayBases(basis, rest);
  return replayFrom(new Exact(basis.amount), basis.currency, rest);
}

/** Each base leads to what it earns; together they and what was left out are the whole amount. */
function replayBases(basis: TraceStep & { step: 'basis' }, steps: readonly TraceStep[]): bigint {
  const end = steps.findIndex((step) => step.step === 'sum');
  const sum = steps[end];
  if (sum?.step !== 'sum') throw new TraceError('bases end with their sum');
  let unaccounted = new Exact(basis.amount);
  let earned = new Exact(0);
  let current: Exact | null = null;
  let currency = basis.currency;
  for (const step of steps.slice(0, end)) {
    if (step.step === 'base' || step.step === 'left-out') {
      const items = step.items.reduce((total, item) => total.plus(item.amount), new Exact(0));
      if (!items.equals(step.amount)) throw new TraceError(`the items of "${step.step}" are not its amount`);
      unaccounted = unaccounted.minus(items);
      earned = earned.plus(current ?? 0);
      current = step.step === 'base' ? items : null;
      currency = basis.currency;
      continue;
    }
    if (current === null) throw new TraceError(`step "${step.step}" belongs to no base`);
    current = followed(step, current, currency);
    if (step.step === 'convert') currency = step.to;
  }
  if (!unaccounted.isZero()) throw new TraceError(`${unaccounted.toFixed()} of the amount is in no base`);
  earned = earned.plus(current ?? 0);
  if (!earned.equals(sum.amount))
    throw new TraceError(`the bases earn ${earned.toFixed()}, not ${sum.amount}`);
  return replayFrom(earned, currency, steps.slice(end + 1));
}

function replayFrom(start: Exact, of: string, steps: readonly TraceStep[]): bigint {
  let amount = start;
  let currency = of;
  for (const step of steps) {
    amount = followed(step, amount, currency);
    if (step.step === 'convert') currency = step.to;
    if (step.step === 'round') return BigInt(step.minor);
  }
  throw new TraceError('a trace ends with rounding');
}

function followed(step: TraceStep, amount: Exact, currency: string): Exact {
  const next = follow(step, amount, currency);
  if (next.equals(step.amount)) return next;
  throw new TraceError(`step "${step.step}" says ${step.amount}, not ${next.toFixed()}`);
}

function follow(step: TraceStep, amount: Exact, currency: string): Exact {
  switch (step.step) {
    case 'basis':
      throw new TraceError('a trace has one basis');
    case 'base':
    case 'left-out':
    case 'sum':
      throw new TraceError(`step "${step.step}" stands where no base is`);
    case 'share':
      return amount.times(step.percent).dividedBy(100);
    case 'convert':
      if (step.from !== currency)
        throw new TraceError(`converts ${step.from}, but the amount is in ${currency}`);
      return amount.times(step.rate);
    case 'rate':
      return amount.times(step.percent).dividedBy(100);
    case 'cap':
      if (step.reached !== amount.greaterThan(step.limit))
        throw new TraceError('the cap is reached or not, wrongly');
      return step.reached ? new Exact(step.limit) : amount;
    case 'minimum':
      if (!step.applied) return amount;
      return step.below === 'raise-to-it' ? new Exact(step.limit) : new Exact(0);
    case 'round': {
      const minor = roundToMinor(amount, step.currency);
      if (minor.toString() !== step.minor) throw new TraceError(`rounds to ${minor}, not ${step.minor}`);
      return new Exact(step.minor).dividedBy(new Exact(10).pow(exponentOf(step.currency)));
    }
  }
}

/** "12 % of 40,000.00 USD = 4,800.00 USD; Gold tier since 2026-03-01; cap 5,000.00 not reached" */
export function sentenceOf(steps: readonly TraceStep[]): string {
  const rounding = steps.find((step) => step.step === 'round');
  if (rounding === undefined) throw new TraceError('a trace ends with rounding');
  const parts = steps.map((step) => phraseOf(step, steps, rounding));
  return parts.filter((part) => part !== '').join('; ');
}

function phraseOf(
  step: TraceStep,
  steps: readonly TraceStep[],
  rounding: TraceStep & { step: 'round' },
): string {
  const { currency } = rounding;
  switch (step.step) {
    case 'basis':
      return '';
    case 'base':
      return `${step.base}: ${step.items.map((item) => item.product).join(', ')}`;
    case 'left-out': {
      const from = steps.find((other) => other.step === 'basis')?.currency ?? currency;
      const what = step.what === 'difference' ? 'difference to the line items' : 'other products';
      return `${what} ${readable(step.amount, from)} ${from} earn nothing`;
    }
    case 'sum':
      return steps.filter((other) => other.step === 'base').length === 1
        ? ''
        : `together ${readable(step.amount, currency)} ${currency}`;
    case 'share': {
      const before = steps[steps.indexOf(step) - 1]?.amount ?? '0';
      const product = `${step.percent} % of ${readable(before, currency)} ${currency}`;
      return `${step.of}: ${product} = ${readable(step.amount, currency)} ${currency}`;
    }
    case 'convert': {
      const before = readable(steps[steps.indexOf(step) - 1]?.amount ?? '0', step.from);
      return `${before} ${step.from} at ${step.rate} (${step.source}) = ${readable(step.amount, step.to)} ${step.to}`;
    }
    case 'rate': {
      const base = steps[steps.indexOf(step) - 1]?.amount ?? '0';
      const product = `${step.percent} % of ${readable(base, currency)} ${currency} = ${readable(step.amount, currency)} ${currency}`;
      return `${product}; ${tierPhrase(step.tier, step.since)}`;
    }
    case 'cap':
      return `cap ${readable(step.limit, currency)} ${step.reached ? 'reached' : 'not reached'}`;
    case 'minimum': {
      const limit = readable(step.limit, currency);
      if (!step.applied) return `minimum ${limit} met`;
      return step.below === 'raise-to-it'
        ? `raised to the minimum ${limit}`
        : `below the minimum ${limit}, so nothing`;
    }
    case 'round': {
      const before = steps[steps.indexOf(step) - 1]?.amount ?? '0';
      if (new Exact(before).equals(step.amount)) return '';
      return `rounded to ${readable(step.amount, currency)} ${currency}`;
    }
  }
}

function tierPhrase(tier: string | null, since: string | null): string {
  if (tier === null) return 'no tier, so the rate for other tiers';
  const name = tier.charAt(0).toUpperCase() + tier.slice(1);
  return since === null ? `${name} tier` : `${name} tier since ${since}`;
}
