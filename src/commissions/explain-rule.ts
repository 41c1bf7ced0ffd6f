/** A rule of a plan in plain words. */
import type { Basis } from './language/basis.ts';
import type { Money, Span } from './language/choices.ts';
import type { Condition } from './language/conditions.ts';
import type { Bands, By, Leaf, Measure, Points, Rate } from './language/rates.ts';
import type { Weighed } from './language/measures.ts';
import type { Limit, Rule } from './language/rules.ts';
import { readable } from './exact.ts';

/** @param currency of the plan; 'deal': each deal's own */
export function explainRule(rule: Rule, currency: string): string[] {
  const money = (amount: Money): string => sayMoney(amount, currency);
  return [
    `Earned ${earnedOn[rule.earnOn]}${rule.when ? `, where ${sayConditions(rule.when)}` : ''}.`,
    ...(rule.group ? [`Of the rules of the group "${rule.group}" only the first that fits pays.`] : []),
    ...(rule.highestOf
      ? [`Of the rules compared as "${rule.highestOf}" only the one that pays most pays.`]
      : []),
    ...(rule.months ? [sayMonths(rule.months)] : []),
    `Paid to ${paidTo[rule.pays ?? 'partners']}${rule.roles ? ` in the role ${rule.roles.join(' or ')}` : ''}.`,
    `Taken of ${sayBasis(rule, currency)}.`,
    ...(rule.gate
      ? [
          `Nothing before ${sayMeasure(rule.gate.on)} is ${rule.gate.atLeast === undefined ? `above ${rule.gate.above ?? ''}` : `at least ${rule.gate.atLeast}`}; then ${gates[rule.gate.pays]}.`,
        ]
      : []),
    ...(rule.crosses
      ? [
          `Paid each time ${sayMeasure(rule.crosses.on)} passes ${rule.crosses.at ? rule.crosses.at.join(', ') : `another ${rule.crosses.every ?? ''}`}${rule.crosses.boundary === 'reached' ? ', reaching it is enough' : ', only beyond it'}.`,
        ]
      : []),
    ...sayRate(rule.rate, money).map((line, index) => (index === 0 ? `Pays ${line}` : line)),
    ...(rule.multipliers ?? []).flatMap((one) =>
      one.times
        ? [`Times ${one.times}.`]
        : one.fact
          ? [`Times the factor that ${one.fact} says.`]
          : sayRate(one as Rate, money).map((line, index) => (index === 0 ? `Times ${line}` : line)),
    ),
    ...(rule.limits ?? []).map((limit) => sayLimit(limit, money)),
  ];
}

const earnedOn: Record<Rule['earnOn'], string> = {
  won: 'when a deal is won',
  invoice: 'with each invoice',
  payment: 'with each payment received',
  week: 'at the end of each week',
  'two-weeks': 'at the end of each two weeks',
  'half-month': 'at the end of each half month',
  month: 'at the end of each month',
  quarter: 'at the end of each quarter',
  'half-year': 'at the end of each half year',
  year: 'at the end of each year',
};

/** "a two-weeks" would be no English. */
export function sayPeriod(name: string): string {
  return name.replace('-', ' ');
}
const paidTo = {
  partners: 'the partners of the deal',
  parent: "the partner's parent, one step up",
  referrer: 'whoever referred the deal',
};
const gates = {
  'from-first': 'everything of the period is paid, from its first event on',
  'whole-event': 'the event that opens it is paid whole, and what comes after',
  beyond: 'only what is beyond it is paid',
  later: 'only what comes after the event that opens it is paid',
};

export function sayMoney(amount: Money, currency: string): string {
  if (typeof amount !== 'string')
    return Object.entries(amount)
      .map(([code, each]) => `${readable(each, code)} ${code}`)
      .join(' or ');
  return currency === 'deal'
    ? `${amount} in the currency of the deal`
    : `${readable(amount, currency)} ${currency}`;
}

export function saySpan(span: Span): string {
  const [[unit = 'days', count = 0] = []] = Object.entries(span).filter(([, value]) => value !== undefined);
  return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

export function sayConditions(conditions: readonly Condition[]): string {
  return conditions.map(sayCondition).join(' and ');
}

function sayCondition(condition: Condition): string {
  if ('any' in condition) return `one of these holds: ${condition.any.map(sayCondition).join('; ')}`;
  if ('none' in condition) return `none of these holds: ${condition.none.map(sayCondition).join('; ')}`;
  const { fact, is, isNot, atLeast, above, atMost, below, unknown } = condition;
  const tests = [
    ...(is ? [`is ${is.join(' or ')}`] : []),
    ...(isNot ? [`is not ${isNot.join(' or ')}`] : []),
    ...(atLeast ? [`is at least ${atLeast}`] : []),
    ...(above ? [`is above ${above}`] : []),
    ...(atMost ? [`is at most ${atMost}`] : []),
    ...(below ? [`is below ${below}`] : []),
  ];
  const then = { passes: ' (or is not known)', fails: ' (and is known)', hold: '' }[unknown ?? 'hold'];
  return `${fact} ${tests.join(' and ')}${then}`;
}

function sayMonths({ from, to, since }: NonNullable<Rule['months']>): string {
  const start = { won: 'the win', 'first-payment': 'the first payment', start: 'the start of the contract' }[
    since
  ];
  return `Only in ${to === undefined ? `month ${from} and later` : from === to ? `month ${from}` : `months ${from} to ${to}`}, counted from ${start}.`;
}

const bases: Record<Basis['of'], string> = {
  amount: 'the amount of the deal',
  lines: 'the products of the deal, together',
  'each-line': 'each product of the deal by itself',
  margin: 'the margin of the deal',
  quantity: 'the quantity',
  count: 'the event itself, whatever its amount',
  commission: 'commission',
  counter: 'what was counted in the period',
  target: 'the target',
  pool: 'a share of a pool, in proportion to a counter',
};

function sayBasis({ basis, earnOn }: Rule, currency: string): string {
  const isMoney = basis.of === 'amount' && (earnOn === 'invoice' || earnOn === 'payment');
  return [
    basis.percent ? `${basis.percent} % of ` : '',
    isMoney ? `the amount of the ${earnOn}` : bases[basis.of],
    basis.rules ? ` earned by ${basis.rules.join(', ')}` : '',
    basis.counter ? ` (${basis.counter})` : '',
    basis.pool ? ` of ${sayMoney(basis.pool, currency)}` : '',
    basis.target
      ? ` of ${basis.target === 'partner' ? 'each partner' : sayMoney(basis.target, currency)}`
      : '',
    basis.firstMonths ? `, of which the first ${basis.firstMonths} months of the term count` : '',
    basis.prorate ? `, prorated by ${sayPeriod(basis.prorate)}` : '',
    basis.select ? `, where ${sayConditions(basis.select)}` : '',
    basis.less ? `, less ${basis.less.join(' and ')}` : '',
    basis.atMost ? `, of which no more than ${sayMoney(basis.atMost, currency)} counts` : '',
    basis.atLeast ? `, counted as ${sayMoney(basis.atLeast, currency)} at least` : '',
  ].join('');
}

export function sayMeasure(measure: Measure): string {
  if (measure === 'event') return 'the deal';
  if ('fact' in measure) return measure.fact;
  if ('weighted' in measure)
    return `the weighted attainment (${measure.weighted.map(sayWeighed).join(', ')})`;
  return measure.as === 'percent-of-quota' ? `${measure.counter} in percent of the quota` : measure.counter;
}

function sayWeighed({ counter, fact, percent, atMost, nothingBelow }: Weighed): string {
  const bounds = [
    ...(atMost ? [`of which no more than ${atMost} counts`] : []),
    ...(nothingBelow ? [`nothing below ${nothingBelow}`] : []),
  ].join(', ');
  const name = counter === undefined ? (fact ?? '') : `${counter} in percent of its quota`;
  return `${percent} % of ${name}${bounds ? ` (${bounds})` : ''}`;
}

function sayRate(rate: Rate, money: (amount: Money) => string): string[] {
  if (rate.bands) return sayBands(rate.bands, money);
  if (rate.points) return sayPoints(rate.points, money);
  if (rate.by) return sayBy(rate.by, money);
  if (rate.fact) return [`the percentage that ${rate.fact} says.`];
  if (rate.derived) return ['what pays the whole target at 100 % of the quota: target divided by quota.'];
  return [`${sayLeaf(rate, money)}.`];
}

function sayLeaf(leaf: Leaf, money: (amount: Money) => string): string {
  if (leaf.percent !== undefined) return `${leaf.percent} %`;
  if (leaf.amount !== undefined) return money(leaf.amount);
  if (leaf.perUnit !== undefined) return `${money(leaf.perUnit)} for each unit`;
  return `${leaf.times ?? '1'} times`;
}

const readAt = {
  before: 'what it is before the event',
  after: 'what it is after the event',
  previous: 'where it ended in the period before',
};

function sayBands({ on, mode, boundary, reads, table }: Bands, money: (amount: Money) => string): string[] {
  const how = {
    marginal: 'each part at the rate of its own band',
    retroactive: 'everything of the period at the rate of the band reached',
    step: `the whole event at one rate${reads ? `, by ${readAt[reads]}` : ''}`,
  }[mode];
  return [
    `by ${sayMeasure(on)}, ${how}; a value exactly at an edge belongs to the ${boundary} band:`,
    ...table.flatMap((band) => {
      const range = band.to === undefined ? `from ${band.from}` : `${band.from} to ${band.to}`;
      const [first = '', ...rest] = band.by ? sayBy(band.by, money) : [sayLeaf(band, money)];
      return [`  ${range}: ${first}`, ...rest.map((line) => `  ${line}`)];
    }),
  ];
}

function sayPoints({ on, mode, below, above, table }: Points, money: (amount: Money) => string): string[] {
  const how = mode === 'retroactive' ? 'for everything of the period' : 'for the event alone';
  return [
    `by ${sayMeasure(on)}, in a straight line between these points, ${how}; below the first ${below === 'nothing' ? 'nothing' : 'the same as there'}, above the last ${above === 'last' ? 'the same as there' : 'the line goes on'}:`,
    ...table.map((point) => `  ${point.at}: ${sayLeaf(point, money)}`),
  ];
}

function sayBy({ fact, cases, other }: By, money: (amount: Money) => string): string[] {
  const [rest = '', ...more] =
    other === 'hold'
      ? ['held until a person decides']
      : other === 'nothing'
        ? ['nothing']
        : sayRate(other, money);
  return [
    `by ${fact}:`,
    ...Object.entries(cases).flatMap(([name, rate]) => {
      const [first = '', ...inner] = sayRate(rate, money);
      return [`  ${name}: ${first}`, ...inner.map((line) => `  ${line}`)];
    }),
    `  anything else, or not known: ${rest}`,
    ...more.map((line) => `  ${line}`),
  ];
}

export function sayLimit(limit: Limit, money: (amount: Money) => string): string {
  const per = limit.per === 'ever' ? 'in all' : `a ${limit.per}`;
  const parts = [
    ...(limit.atMost ? [`at most ${money(limit.atMost)} ${per}`] : []),
    ...(limit.atMostPercent ? [`at most ${limit.atMostPercent} % of the basis ${per}`] : []),
    ...(limit.atLeast ? [`at least ${money(limit.atLeast)} ${per}`] : []),
    ...(limit.nothingBelow ? [`nothing where it is less than ${money(limit.nothingBelow)} ${per}`] : []),
  ];
  const said = parts.join(', ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}
