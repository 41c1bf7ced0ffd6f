/** One event by all rules: what each earns, before it is shared out. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import type { Rule } from '../language/rules.ts';
import { basesOf, lineFacts, type BasisFound } from './basis.ts';
import { Book, money } from './book.ts';
import { dayOf, monthsBetween } from './days.ts';
import type { Facts } from './facts.ts';
import { isShort, limited } from './limits.ts';
import { payRule } from './pay-rule.ts';
import { roundTo, scaleOf } from './round.ts';
import { currencyOf, type Setting } from './setting.ts';
import { passes } from './test-conditions.ts';

export interface Earned {
  rule: Rule;
  partner: string;
  amount: Exact;
  uncapped: Exact;
  currency: string;
  book: Book;
  /** The deal's limits were applied to all partners together. */
  whose: string;
}

/**
 * @param whose limits of a deal are shared by all of its partners, or each partner's own where the basis is shared
 * @param before what was earned before: at the end of a period, all of it
 */
export function earn(
  plan: FullPlan,
  base: Omit<Setting, 'book' | 'earned'>,
  whose: string,
  before: Setting['earned'] = [],
): Earned[] {
  const all: Earned[] = [];
  const groups = new Set<string>();
  for (const rule of plan.rules) {
    if (rule.earnOn !== base.event.kind || (rule.group !== undefined && groups.has(rule.group))) continue;
    const setting: Setting = {
      ...base,
      book: new Book(),
      rule: rule.rule,
      facts: withCounters(base),
      earned: [
        ...before,
        ...all.map(({ rule: { rule: name }, amount, currency }) => ({ rule: name, amount, currency })),
      ],
    };
    if (!passes(rule.when, setting.facts) || !isInMonths(setting, rule)) continue;
    const times = timesCrossed(setting, rule);
    if (times === 0) continue;
    if (rule.group !== undefined) groups.add(rule.group);
    all.push(earnByRule(setting, rule, times, whose));
  }
  return withoutLower(all);
}

/** Of rules that are compared the one that pays most; of equal ones the first. */
function withoutLower(all: Earned[]): Earned[] {
  return all.filter(
    (one, index) =>
      one.rule.highestOf === undefined ||
      all.every(
        (other, at) =>
          other.rule.highestOf !== one.rule.highestOf ||
          other.amount.lessThan(one.amount) ||
          (other.amount.equals(one.amount) && at >= index),
      ),
  );
}

function earnByRule(setting: Setting, rule: Rule, times: number, whose: string): Earned {
  const { plan, book, partner } = setting;
  const bases = basesOf(setting, rule);
  const amounts = bases.map((basis) => earnOnBasis(setting, rule, basis));
  const currency = bases[0]?.currency ?? currencyOf(setting);
  let amount = amounts[0] ?? new Exact(0);
  if (amounts.length !== 1) {
    const of = amounts.map((one) => one.toFixed());
    amount = book.do('rate', { op: 'sum', of }, (sum) => `together ${money(sum, currency)}`);
  }
  if (times > 1) {
    const once = amount;
    amount = book.do(
      'milestone',
      { op: 'times', of: once.toFixed(), by: String(times) },
      (value) => `passed ${times} times = ${money(value, currency)}`,
    );
  }
  const uncapped = amount;
  const basis = isNulled(setting)
    ? new Exact(0)
    : bases.reduce((sum, one) => sum.plus(one.amount), new Exact(0));
  const own = (rule.limits ?? []).filter((limit) => isShort(limit) && limit.per !== 'line');
  amount = limited(setting, own, amount, { name: rule.rule, whose, currency, basis });
  const shared = (plan.limits ?? []).filter((limit) => isShort(limit) && limit.per !== 'line');
  amount = limited(setting, shared, amount, { name: '*', whose, currency, basis });
  return { rule, partner, amount, uncapped, currency, book, whose };
}

/** Times nothing is nothing, whatever the basis: no floor lifts it. */
function isNulled({ book }: Setting): boolean {
  return book.steps.some(
    ({ step, calculate }) => step === 'multiplier' && calculate?.op === 'times' && calculate.by === '0',
  );
}

function earnOnBasis(whole: Setting, rule: Rule, basis: BasisFound): Exact {
  const { plan, book } = whole;
  // A rate may depend on the product it is for.
  const setting = basis.line ? { ...whole, facts: lineFacts(whole, basis.line) } : whole;
  const paid = payRule(setting, rule, basis);
  const lines = (rule.limits ?? []).filter(({ per }) => per === 'line');
  const left = limited(setting, lines, paid, {
    name: rule.rule,
    whose: '',
    currency: basis.currency,
    basis: basis.amount,
  });
  if (plan.rounding.stage !== 'line') return left;
  const scale = scaleOf(plan.rounding.scale, basis.currency);
  const { mode } = plan.rounding;
  if (roundTo(left, scale, mode).equals(left)) return left;
  return book.do(
    'rounding',
    { op: 'round', of: left.toFixed(), scale, mode },
    (value) => `rounded to ${money(value, basis.currency)}`,
  );
}

/** "counter.NAME": where the event left a counter; "counter.NAME.percent": of its quota. */
function withCounters({ facts, readings }: Omit<Setting, 'book' | 'earned'>): Facts {
  return (name) => {
    if (!name.startsWith('counter.')) return facts(name);
    const [, counter = '', unit] = name.split('.');
    const reading = readings.get(counter);
    if (reading === undefined) return null;
    if (unit !== 'percent') return reading.after.toFixed();
    if (reading.quota === null || reading.quota.isZero()) return null;
    return reading.after.times(100).dividedBy(reading.quota).toFixed();
  };
}

/** The month of a subscription an event lies in, counted from 1. */
function isInMonths({ event, book }: Setting, { months }: Rule): boolean {
  if (months === undefined) return true;
  const { deal } = event;
  const first = (deal.payments ?? []).map(({ at }) => dayOf(at)).toSorted()[0];
  const since =
    months.since === 'won'
      ? dayOf(deal.wonAt)
      : months.since === 'start'
        ? dayOf(deal.startAt ?? deal.wonAt)
        : (first ?? event.day);
  if (event.day < since) return false;
  const month = monthsBetween(since, event.day) + 1;
  const isIn = month >= months.from && (months.to === undefined || month <= months.to);
  if (isIn) book.note('eligibility', `month ${month}${months.to === undefined ? '' : ` of ${months.to}`}`);
  return isIn;
}

function timesCrossed(setting: Setting, { crosses }: Rule): number {
  if (crosses === undefined) return 1;
  const { on } = crosses;
  if (typeof on !== 'object' || !('counter' in on)) return 0;
  const reading = setting.readings.get(on.counter);
  if (reading === undefined) return 0;
  const scaled = (value: Exact): Exact =>
    on.as === 'value' ? value : value.times(100).dividedBy(reading.quota ?? 1);
  const [before, after] = [scaled(reading.before), scaled(reading.after)];
  const isPast = (value: Exact, mark: Exact): boolean =>
    crosses.boundary === 'reached' ? value.greaterThanOrEqualTo(mark) : value.greaterThan(mark);
  const count = (marks: readonly string[]): number =>
    marks.filter((mark) => !isPast(before, new Exact(mark)) && isPast(after, new Exact(mark))).length;
  if (crosses.at) {
    const passed = count(crosses.at);
    if (passed > 0) setting.book.note('milestone', `${on.counter} reached ${after.toFixed()}`);
    return passed;
  }
  const every = new Exact(crosses.every ?? '1');
  const steps = (value: Exact): number => {
    const whole = value.dividedBy(every).floor();
    const exactly = whole.times(every).equals(value);
    return Math.max(0, whole.toNumber() - (exactly && crosses.boundary === 'beyond' ? 1 : 0));
  };
  return Math.max(0, steps(after) - steps(before));
}
