/** From what rules earned to entries: shares, limits of periods, conversion, rounding. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { Book, money } from './book.ts';
import { converted } from './basis.ts';
import type { Directory } from './directory.ts';
import type { Earned } from './earn.ts';
import { countRounded, isShort, limited } from './limits.ts';
import { roundTo, scaleOf, shareOut } from './round.ts';
import { currencyOf, type Setting } from './setting.ts';
import type { Credit } from './split.ts';

export interface Paid {
  earned: Earned;
  partner: string;
  role: string | null;
  amount: Exact;
  uncapped: Exact;
  currency: string;
  book: Book;
  /** Nothing but the share stands between it and the rule's whole: cents can be shared out. */
  isShare: boolean;
  /** After its limits, unrounded. */
  limited: Exact;
}

export interface Sharing {
  plan: FullPlan;
  directory: Directory;
  credits: readonly Credit[];
  /** Without the book: each payee gets its own. */
  base: Omit<Setting, 'book' | 'earned'>;
}

export function sharePay(sharing: Sharing, all: readonly Earned[]): Paid[] {
  const paid = all.flatMap((earned) =>
    payeesOf(sharing, earned).map((payee) => paidTo(sharing, earned, payee)),
  );
  const settled = rounded(sharing.plan, paid);
  for (const one of settled) countSettled(sharing, one);
  return settled;
}

/** Limits of a period are used by what is paid, to the cent. */
function countSettled(
  { plan, base }: Sharing,
  { earned, partner, amount, limited: exact, currency, book }: Paid,
): void {
  // What was converted after its limits has no cents in their currency.
  if (amount.equals(exact) || currency !== earned.currency) return;
  const setting: Setting = { ...base, book, earned: [] };
  const of = { whose: partner, currency };
  const by = amount.minus(exact);
  countRounded(setting, longOf(earned.rule.limits), by, { ...of, name: earned.rule.rule });
  countRounded(setting, longOf(plan.limits), by, { ...of, name: '*' });
}

function longOf(limits: FullPlan['limits']): NonNullable<FullPlan['limits']> {
  return (limits ?? []).filter((limit) => !isShort(limit));
}

interface Payee {
  partner: string;
  role: string | null;
  share: string;
}

function payeesOf({ plan, directory, credits, base }: Sharing, { rule, partner }: Earned): Payee[] {
  const { deal } = base.event;
  if (rule.pays === 'referrer')
    return deal.referrer ? [{ partner: deal.referrer, role: 'referrer', share: '100' }] : [];
  if (rule.pays === 'parent') {
    // One step up, never further: an override on an override is nobody's intention.
    const parent = directory.get(partner)?.parent;
    return parent ? [{ partner: parent, role: 'parent', share: '100' }] : [];
  }
  const own = plan.split?.of === 'basis' ? credits.filter((one) => one.partner === partner) : credits;
  const fitting = own.filter(({ role }) => !rule.roles || (role !== null && rule.roles.includes(role)));
  return plan.split?.of === 'basis' ? fitting.map((one) => ({ ...one, share: '100' })) : [...fitting];
}

function paidTo({ plan, base }: Sharing, earned: Earned, payee: Payee): Paid {
  const book = new Book();
  book.steps.push(...earned.book.steps);
  let { amount, currency } = earned;
  amount = roundedStep(plan, 'pay', book, amount, currency);
  if (payee.share !== '100')
    amount = book.do(
      'split',
      { op: 'percent', of: amount.toFixed(), percent: payee.share },
      (value) =>
        `share ${shown(payee.share)} % of ${money(earned.amount, currency)} = ${money(value, currency)}`,
    );
  if (payee.share !== '100') amount = roundedStep(plan, 'share', book, amount, currency);
  const setting: Setting = { ...base, book, earned: [] };
  const before = amount;
  const of = { whose: payee.partner, currency, basis: null };
  amount = limited(setting, longOf(earned.rule.limits), amount, { ...of, name: earned.rule.rule });
  amount = limited(setting, longOf(plan.limits), amount, { ...of, name: '*' });
  const isShare = amount.equals(before);
  const exact = amount;
  const uncapped = earned.uncapped.times(payee.share).dividedBy(100);
  const wanted = currencyOf(base);
  if (currency !== wanted && plan.exchange?.convert === 'earned')
    ({ amount, currency } = converted(setting, amount, currency, wanted));
  return { earned, ...payee, amount, uncapped, currency, book, isShare, limited: exact };
}

/** What the plan rounds on the way. */
function roundedStep(
  { rounding: { steps } }: FullPlan,
  name: 'pay' | 'share',
  book: Book,
  amount: Exact,
  currency: string,
): Exact {
  const places = steps?.[name];
  if (!places || roundTo(amount, places.scale, places.mode).equals(amount)) return amount;
  return book.do(
    'rounding',
    { op: 'round', of: amount.toFixed(), ...places },
    (value) => `rounded to ${money(value, currency)}`,
  );
}

function shown(share: string): string {
  return new Exact(share).toDecimalPlaces(4).toFixed();
}

/** Each entry to the smallest unit; together, where they are shares of one whole, exactly the rounded whole. */
function rounded(plan: FullPlan, paid: readonly Paid[]): Paid[] {
  switch (plan.rounding.stage) {
    case 'period':
      return [...paid];
    case 'deal':
      return roundByDeal(plan, paid);
    case 'line':
    case 'rule':
      return groupBy(paid, ({ earned }) => paid.findIndex((one) => one.earned === earned)).flatMap((group) =>
        roundGroup(plan, group),
      );
  }
}

function roundGroup(plan: FullPlan, group: readonly Paid[]): Paid[] {
  if (group.length === 1 || group.some(({ isShare }) => !isShare))
    return group.map((one) => settle(plan, one, roundOne(plan, one)));
  return settleTogether(plan, group);
}

/** First each partner's total of the deal, then its rules: both come out exactly. */
function roundByDeal(plan: FullPlan, paid: readonly Paid[]): Paid[] {
  const partners = groupBy(paid, ({ partner, currency }) =>
    paid.findIndex((one) => one.partner === partner && one.currency === currency),
  );
  return partners.flatMap((group) => settleTogether(plan, group));
}

function settleTogether(plan: FullPlan, group: readonly Paid[]): Paid[] {
  const [first] = group;
  if (!first) return [];
  const sum = group.reduce((total, { amount }) => total.plus(amount), new Exact(0));
  const { mode } = plan.rounding;
  const scale = scaleOf(plan.rounding.scale, first.currency);
  const whole = roundTo(sum, scale, mode);
  const amounts = shareOut(
    whole,
    group.map(({ amount }) => amount),
    scale,
  );
  return group.map((one, index) => settle(plan, one, amounts[index] ?? one.amount));
}

function roundOne(plan: FullPlan, { amount, currency }: Paid): Exact {
  return roundTo(amount, scaleOf(plan.rounding.scale, currency), plan.rounding.mode);
}

function settle(plan: FullPlan, one: Paid, to: Exact): Paid {
  if (to.equals(one.amount)) return one;
  const usual = roundOne(plan, one).equals(to);
  const { mode } = plan.rounding;
  const scale = scaleOf(plan.rounding.scale, one.currency);
  const of = one.amount.toFixed();
  const value = usual
    ? one.book.do(
        'rounding',
        { op: 'round', of, scale, mode },
        (value) => `rounded to ${money(value, one.currency)}`,
      )
    : one.book.do(
        'rounding',
        { op: 'value', of: to.toFixed() },
        (value) => `${money(value, one.currency)}, so that the shares add up`,
      );
  return { ...one, amount: value };
}

function groupBy<T>(items: readonly T[], key: (item: T) => number): T[][] {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}
