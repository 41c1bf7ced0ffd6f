/** What a rule is taken of: the amounts of an event, net of what the plan takes off, in the currency it is computed in. */
import { Exact } from '../exact.ts';
import type { Basis } from '../language/basis.ts';
import type { Rule } from '../language/rules.ts';
import { money } from './book.ts';
import { convertAmount, rateDay } from './exchange.ts';
import { factsOf, type Facts } from './facts.ts';
import { linesOfEvent, marginOfEvent } from './part-of-deal.ts';
import { ofFirstMonths } from './first-months.ts';
import { Hold } from './hold.ts';
import { dayOf } from './days.ts';
import type { Line } from './input.ts';
import { proratedTarget, shareOfPool } from './period-basis.ts';
import { amountIn, currencyOf, dealCurrency, type Setting } from './setting.ts';
import { passes } from './test-conditions.ts';

export interface BasisFound {
  amount: Exact;
  /** Of `amount`, unless it is a quantity or a count. */
  currency: string;
  quantity: Exact | null;
  line?: Line;
}

type Taken = NonNullable<Basis['less']>[number];
type Net = { [K in Taken]?: string | null | undefined } & { amount: string };

/** One basis, or one for each line item that counts. */
export function basesOf(setting: Setting, { rule, basis }: Rule): BasisFound[] {
  if (basis.of === 'each-line')
    return linesOf(setting, basis.select).map((line) => ({
      ...adjusted(
        setting,
        basis,
        netOf(setting, basis, { ...line, amount: line.total }, line.name ?? line.code ?? line.id),
      ),
      quantity: line.quantity ? new Exact(line.quantity) : null,
      line,
    }));
  return [{ ...adjusted(setting, basis, found(setting, basis, rule)), quantity: quantityOf(setting, basis) }];
}

/** A partner's own figure by one of these names; or its only one, whatever that is called. */
export function ownOf(
  figures: Record<string, string> | undefined,
  names: readonly (string | undefined)[],
): string | undefined {
  const own = figures ?? {};
  for (const name of names) if (name !== undefined && own[name] !== undefined) return own[name];
  const all = Object.values(own);
  return all.length === 1 ? all[0] : undefined;
}

interface Raw {
  amount: Exact;
  currency: string;
  /** In the currency of the deal: still to be converted. */
  ofDeal: boolean;
}

function found(setting: Setting, basis: Basis, rule: string): Raw {
  const { event, plan, earned, partner } = setting;
  const own = (amount: Exact): Raw => ({ amount, currency: currencyOf(setting), ofDeal: false });
  switch (basis.of) {
    case 'amount':
      return netOf(setting, basis, { ...event, amount: required(setting, event.amount, 'amount') }, '');
    case 'lines': {
      const lines = linesOf(setting, basis.select);
      const nets = lines.map((line) => netOf(setting, basis, { ...line, amount: line.total }, ''));
      const currency = dealCurrency(event);
      const of = nets.map(({ amount }) => amount.toFixed());
      const names = lines.map((line) => line.name ?? line.code ?? line.id).join(', ');
      const amount = setting.book.do(
        'basis',
        { op: 'sum', of },
        (sum) => `${names || 'no product'}: ${money(sum, currency)}`,
      );
      return { amount, currency, ofDeal: true };
    }
    case 'margin': {
      const margin = required(setting, marginOfEvent(event), 'margin (or cost)');
      const currency = dealCurrency(event);
      setting.book.note('basis', `margin ${money(margin, currency)}`);
      return { amount: new Exact(margin), currency, ofDeal: true };
    }
    case 'quantity':
      return own(requiredQuantity(setting, basis));
    case 'count':
      return own(new Exact(1));
    case 'target': {
      const named =
        basis.target === 'partner' ? ownOf(setting.directory?.targets, [rule, basis.counter]) : undefined;
      if (basis.target === 'partner' && named === undefined)
        throw new Hold(
          'target-missing',
          `Partner ${partner} has no target; name one in the input: "targets".`,
        );
      const amount = named ?? amountIn(plan, basis.target ?? '0', currencyOf(setting), 'target');
      return own(proratedTarget(setting, basis, new Exact(amount)));
    }
    case 'commission': {
      const parts = earned.filter(({ rule }) => basis.rules === undefined || basis.rules.includes(rule));
      const currency = parts[0]?.currency ?? currencyOf(setting);
      const of = parts.map(({ amount }) => amount.toFixed());
      const amount = setting.book.do(
        'basis',
        { op: 'sum', of },
        (sum) => `commission ${money(sum, currency)}`,
      );
      return { amount, currency, ofDeal: false };
    }
    case 'counter': {
      const reading = setting.readings.get(basis.counter ?? '');
      return own(reading ? reading.after.minus(reading.before) : new Exact(0));
    }
    case 'pool':
      return own(shareOfPool(setting, basis));
    case 'each-line':
      throw new Error('lines are taken one by one');
  }
}

function netOf(setting: Setting, basis: Basis, net: Net, name: string): Raw {
  const currency = dealCurrency(setting.event);
  const taken = (basis.less ?? []).flatMap((what) => (net[what] ? [{ what, amount: net[what] }] : []));
  const lead = name === '' ? '' : `${name}: `;
  if (taken.length === 0) {
    if (lead) setting.book.note('basis', `${lead}${money(net.amount, currency)}`);
    return { amount: new Exact(net.amount), currency, ofDeal: true };
  }
  const amount = setting.book.do(
    'basis',
    { op: 'less', from: net.amount, of: taken.map((one) => one.amount ?? '0') },
    (left) =>
      `${lead}${money(net.amount, currency)} less ${taken.map((one) => `${one.what} ${money(one.amount ?? '0', currency)}`).join(' and ')} = ${money(left, currency)}`,
  );
  return { amount, currency, ofDeal: true };
}

/** Share, percent, conversion, cap and floor of the basis, in this order. */
function adjusted(setting: Setting, basis: Basis, raw: Raw): { amount: Exact; currency: string } {
  const { plan, book, share } = setting;
  const before = raw.amount;
  if (before.isNegative() && !before.isZero() && plan.negativeAmounts !== 'count')
    throw new Hold(
      'amount-negative',
      `What the rate would be taken of is below zero: ${before.toFixed()} ${raw.currency}.`,
    );
  let { amount, currency } = raw;
  const percent = (what: string, by: string): void => {
    const of = amount;
    amount = book.do(
      'credit',
      { op: 'percent', of: of.toFixed(), percent: by },
      (part) => `${what}${by} % of ${money(of, currency)} = ${money(part, currency)}`,
    );
  };
  if (raw.ofDeal && share !== '100') percent('share ', share);
  if (raw.ofDeal && basis.firstMonths !== undefined)
    amount = ofFirstMonths(setting, amount, basis.firstMonths);
  if (basis.percent !== undefined) percent('', basis.percent);
  const wanted = plan.exchange?.convert === 'earned' ? currency : currencyOf(setting);
  if (raw.ofDeal && currency !== wanted)
    ({ amount, currency } = converted(setting, amount, currency, wanted));
  const places = plan.rounding.steps?.basis;
  if (places) {
    const of = amount;
    amount = book.do(
      'basis',
      { op: 'round', of: of.toFixed(), ...places },
      (value) => `rounded to ${money(value, currency)}`,
    );
  }
  if (basis.atMost !== undefined && raw.ofDeal) {
    const limit = amountIn(plan, basis.atMost, currency, 'cap of the basis');
    const of = amount;
    if (of.greaterThan(limit))
      amount = book.do(
        'basis',
        { op: 'least', of: [of.toFixed(), limit] },
        () => `of ${money(of, currency)} only ${money(limit, currency)} counts`,
      );
  }
  if (
    basis.atLeast !== undefined &&
    raw.ofDeal &&
    amount.lessThan(amountIn(plan, basis.atLeast, currency, 'floor of the basis'))
  ) {
    const limit = amountIn(plan, basis.atLeast, currency, 'floor of the basis');
    const of = amount;
    amount = book.do(
      'basis',
      { op: 'most', of: [of.toFixed(), limit] },
      () => `${money(of, currency)} counts as ${money(limit, currency)}`,
    );
  }
  return { amount, currency };
}

export function converted(
  setting: Pick<Setting, 'plan' | 'event' | 'exchange' | 'book'>,
  amount: Exact,
  from: string,
  to: string,
): { amount: Exact; currency: string } {
  const { plan, event, exchange, book } = setting;
  const rate = exchange.find(from, to, rateDay(plan, dayOf(event.deal.wonAt), event.day));
  const places = plan.rounding.steps?.conversion;
  const out = book.do(
    'conversion',
    { op: 'times', of: amount.toFixed(), by: rate.rate.toFixed() },
    (value) => `${money(amount, from)} at ${rate.say} = ${money(value, to)}`,
  );
  if (!places) return { amount: out, currency: to };
  const rounded = book.do(
    'conversion',
    { op: 'round', of: out.toFixed(), ...places },
    (value) => `rounded to ${money(value, to)}`,
  );
  return { amount: rounded, currency: to };
}

/** For counters, which say no sentence. */
export function quietly(setting: Pick<Setting, 'plan' | 'event' | 'exchange'>, amount: Exact): Exact {
  const from = dealCurrency(setting.event);
  const to = currencyOf(setting);
  if (from === to) return amount;
  return convertAmount(
    setting.plan,
    amount,
    setting.exchange.find(
      from,
      to,
      rateDay(setting.plan, dayOf(setting.event.deal.wonAt), setting.event.day),
    ),
  );
}

export function linesOf(setting: Setting, select: Basis['select']): Line[] {
  const { event } = setting;
  const lines = linesOfEvent(event);
  if (lines === undefined)
    throw new Hold(
      'line-items-missing',
      `The plan looks at the products of deal ${event.deal.deal}, and they were not read.`,
    );
  const currency = dealCurrency(event);
  const counting = lines.filter((line) => passes(select, lineFacts(setting, line)));
  const other = counting.find((line) => line.currency && line.currency !== currency);
  if (other)
    throw new Hold(
      'line-item-currency',
      `Product ${other.id} of deal ${event.deal.deal} is in ${other.currency}, the deal in ${currency}.`,
    );
  return counting;
}

/** The facts of the event, and of one of its products. */
export function lineFacts({ event, partner, directory, facts }: Setting, line: Line): Facts {
  const ofLine = factsOf({ event, partner, role: null, tier: null, directory, line });
  return (name) => (name.startsWith('line.') ? ofLine(name) : facts(name));
}

function quantityOf(setting: Setting, basis: Basis): Exact | null {
  const { event } = setting;
  const own = event.quantity ?? event.deal.quantity;
  if (basis.of === 'lines' || own === undefined || own === null) {
    const lines = basis.of === 'lines' ? linesOf(setting, basis.select) : (event.lines ?? event.deal.lines);
    if (!lines || lines.some(({ quantity }) => !quantity)) return null;
    return lines.reduce((sum, { quantity }) => sum.plus(quantity ?? 0), new Exact(0));
  }
  return new Exact(own);
}

function requiredQuantity(setting: Setting, basis: Basis): Exact {
  const quantity = quantityOf(setting, basis);
  if (quantity === null)
    throw new Hold('quantity-missing', `Deal ${setting.event.deal.deal} has no quantity.`);
  return setting.share === '100' ? quantity : quantity.times(setting.share).dividedBy(100);
}

function required(setting: Setting, value: string | null | undefined, what: string): string {
  if (value !== null && value !== undefined) return value;
  throw new Hold('amount-missing', `Deal ${setting.event.deal.deal} has no ${what}.`);
}
