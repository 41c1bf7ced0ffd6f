/** Random plans of the whole language, for property tests. */
import fc from 'fast-check';
import { FullPlan } from '../../src/commissions/language/full-plan.ts';
import { roundingModes } from '../../src/commissions/language/currencies.ts';

type Json = Record<string, unknown>;
const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** Percent with up to two decimals. */
const percent = fc.integer({ min: 0, max: 4000 }).map((n) => String(n / 100));
const period = pick('month', 'quarter', 'year');

/** Three bands with rising or any rates. */
function bands(on: unknown, mode: string, extra: Json = {}): fc.Arbitrary<Json> {
  return fc
    .record({
      edges: fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 2, maxLength: 2 }),
      rates: fc.array(percent, { minLength: 3, maxLength: 3 }),
      boundary: pick('lower', 'upper'),
    })
    .map(({ edges, rates, boundary }) => {
      const [a = 0, b = 0] = edges.toSorted((x, y) => x - y).map((n) => n * 100);
      const table = [
        { from: '0', to: String(a), percent: rates[0] },
        { from: String(a), to: String(b), percent: rates[1] },
        { from: String(b), percent: rates[2] },
      ];
      return { bands: { on, mode, boundary, table, ...extra } };
    });
}

const counter = { counter: 'sales', as: 'value' };
const rate: fc.Arbitrary<Json> = fc.oneof(
  percent.map((one) => ({ percent: one })),
  fc.integer({ min: 0, max: 90_000 }).map((n) => ({ amount: String(n / 100) })),
  bands('event', 'marginal'),
  bands(counter, 'marginal'),
  bands(counter, 'retroactive'),
  bands(counter, 'step', { reads: 'after' }),
  bands(counter, 'step', { reads: 'before' }),
);

const limit = fc.record({
  per: pick('event', 'deal', 'month', 'quarter', 'year', 'ever'),
  atMost: fc.integer({ min: 1, max: 3000 }).map(String),
});

const dealRule: fc.Arbitrary<Json> = fc.record(
  {
    earnOn: fc.constant('won'),
    basis: fc.constant('amount'),
    rate,
    limits: fc.array(limit, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['earnOn', 'basis', 'rate'] },
);
const paymentRule: fc.Arbitrary<Json> = fc.record({
  earnOn: pick('payment', 'invoice'),
  basis: fc.constant('amount'),
  rate: percent.map((one) => ({ percent: one })),
});
const parentRule: fc.Arbitrary<Json> = fc.record({
  earnOn: fc.constant('won'),
  pays: fc.constant('parent'),
  basis: fc.constant('amount'),
  rate: percent.map((one) => ({ percent: one })),
});
const periodRule: fc.Arbitrary<Json> = fc.oneof(
  fc.record({
    earnOn: period,
    basis: fc.constant('commission'),
    rate: percent.map((one) => ({ percent: one })),
  }),
  fc.record({
    earnOn: period,
    basis: fc.constant({ of: 'counter', counter: 'sales' }),
    rate: percent.map((one) => ({ percent: one })),
  }),
);

const clawback = fc.oneof(
  fc.constant('none'),
  fc.record({
    since: fc.constant('won'),
    how: pick('full', 'by-amount', 'by-time', 'percent'),
    of: pick('paid', 'earned'),
    negative: pick('carry-forward', 'collect', 'forgive'),
    percent: fc.constant('60'),
    over: fc.constant({ months: '12' }),
    started: pick('used', 'left', 'by-day'),
  }),
);

const release = fc.constantFrom<unknown>(
  undefined,
  [
    { percent: '50', on: 'earned' },
    { percent: '50', on: 'year-end' },
  ],
  [
    { percent: '40', on: 'quarter-end' },
    { percent: '60', on: 'earned' },
  ],
  [{ percent: '100', on: 'each-payment' }],
  [
    { percent: '33.33', on: 'earned' },
    { percent: '66.67', on: 'paid-in-full', after: { days: '40' } },
  ],
);

const payout = fc.record(
  {
    per: period,
    currency: fc.constant('plan'),
    minimum: fc.record({
      amount: fc.integer({ min: 1, max: 500 }).map(String),
      below: pick('carry-forward', 'forfeit'),
    }),
    maximum: fc.record({
      amount: fc.integer({ min: 500, max: 5000 }).map(String),
      above: pick('carry-forward', 'forfeit'),
    }),
    draw: fc.record({
      amount: fc.integer({ min: 1, max: 1000 }).map(String),
      recoverable: pick('yes', 'no'),
      repay: pick('from-excess', 'from-everything'),
    }),
  },
  { requiredKeys: ['per', 'currency'] },
);

const split = fc.record({
  shares: pick('deal', 'equal'),
  sum: fc.constant('any'),
  of: pick('pay', 'basis'),
  tie: pick('partner-key', 'listed-first'),
  lead: pick('listed-first', 'largest-share'),
});

export interface PlanWish {
  rules?: fc.Arbitrary<Json[]>;
  split?: fc.Arbitrary<Json>;
  rounding?: fc.Arbitrary<Json>;
  limits?: fc.Arbitrary<Json[] | undefined>;
}

const rounding = fc.record({
  mode: fc.constantFrom(...roundingModes),
  scale: fc.constant('currency'),
  stage: pick('line', 'rule', 'deal'),
});

export const anyRules: fc.Arbitrary<Json[]> = fc
  .tuple(
    dealRule,
    fc.array(fc.oneof(dealRule, paymentRule, parentRule, periodRule), { minLength: 0, maxLength: 3 }),
  )
  .map(([first, more]) => [first, ...more]);

/** A plan that the language accepts; wishes replace parts of it. */
export function anyPlan(wish: PlanWish = {}): fc.Arbitrary<FullPlan> {
  return fc
    .record({
      rules: wish.rules ?? anyRules,
      limits: wish.limits ?? fc.option(fc.array(limit, { minLength: 1, maxLength: 1 }), { nil: undefined }),
      split: wish.split ?? split,
      rounding: wish.rounding ?? rounding,
      clawback,
      release,
      payout,
      yearStartsIn: pick('1', '4', '7'),
      counted: fc.record({ per: pick('month', 'quarter', 'year', 'ever'), credit: pick('full', 'share') }),
    })
    .map(({ rules, counted, ...parts }) =>
      FullPlan.parse({
        plan: 'random',
        version: '1',
        effectiveFrom: '2020-01-01',
        currency: 'EUR',
        counters: { sales: { of: 'amount', on: 'won', scope: 'partner', ...counted } },
        exchange: {
          date: 'won',
          convert: 'basis',
          inverse: 'refused',
          rates: [
            { from: 'USD', to: 'EUR', rate: '0.91', on: '2020-01-01', source: 'ECB' },
            { from: 'JPY', to: 'EUR', rate: '0.0061', on: '2020-01-01', source: 'ECB' },
          ],
        },
        rules: rules.map((rule, index) => ({ rule: `rule-${index}`, ...rule })),
        ...parts,
      }),
    );
}
