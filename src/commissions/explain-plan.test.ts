import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { diffPlans } from './diff-plans.ts';
import { explainPlan } from './explain-plan.ts';
import { readFullPlan } from './read-plan.ts';
import type { FullPlan } from './language/full-plan.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/plans');

function planOf(source: string): FullPlan {
  const read = readFullPlan(source);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
}

const source = `
plan: words
version: 1
effectiveFrom: 2026-01-01
currency: EUR
counters: { sales: { of: amount, on: won, scope: partner, per: quarter, quota: 100000, credit: full } }
rules:
  - rule: base
    earnOn: won
    when: [{ fact: kind, is: new }]
    basis: { of: amount, less: [discount], atMost: 50000 }
    gate: { on: { counter: sales, as: percent-of-quota }, atLeast: 50, pays: later }
    rate:
      bands:
        on: { counter: sales, as: value }
        mode: marginal
        boundary: lower
        table: [{ from: 0, to: 1000, percent: 5 }, { from: 1000, by: { fact: tier, cases: { gold: { percent: 12 } }, other: hold } }]
    limits: [{ per: deal, atMost: 5000 }]
split: { shares: deal, sum: exactly-100, of: pay, tie: partner-key, lead: listed-first }
exchange: { date: won, convert: basis, inverse: refused, rates: [{ from: USD, to: EUR, rate: 0.92, on: 2026-01-01, source: bank }] }
rounding: { mode: half-up, scale: currency, stage: rule }
release: [{ percent: 75, on: earned }, { percent: 25, on: paid-in-full, after: { days: 30 } }]
payout: { per: month, currency: plan, minimum: { amount: 50, below: carry-forward }, draw: { amount: 2000, recoverable: 'yes', repay: from-excess } }
clawback: { within: { days: 90 }, boundary: included, since: won, how: full, of: paid, negative: carry-forward }
`;

/** Each choice turned to another: what is written, what it becomes. */
const turns = [
  ['per: quarter, quota', 'per: year, quota'],
  ['quota: 100000', 'quota: 200000'],
  ['credit: full', 'credit: share'],
  ['is: new', 'is: renewal'],
  ['less: [discount]', 'less: [tax]'],
  ['atMost: 50000', 'atMost: 60000'],
  ['atLeast: 50,', 'atLeast: 60,'],
  ['pays: later', 'pays: whole-event'],
  ['mode: marginal', 'mode: retroactive'],
  ['boundary: lower', 'boundary: upper'],
  ['percent: 5 }', 'percent: 6 }'],
  ['gold: { percent: 12 }', 'gold: { percent: 13 }'],
  ['other: hold', 'other: nothing'],
  ['atMost: 5000 ', 'atMost: 6000 '],
  ['sum: exactly-100', 'sum: any'],
  ['of: pay,', 'of: basis,'],
  ['tie: partner-key', 'tie: listed-first'],
  ['lead: listed-first', 'lead: largest-share'],
  ['date: won', 'date: month-end'],
  ['convert: basis', 'convert: earned'],
  ['inverse: refused', 'inverse: allowed'],
  ['rate: 0.92', 'rate: 0.93'],
  ['mode: half-up', 'mode: half-even'],
  ['stage: rule', 'stage: deal'],
  ['after: { days: 30 }', 'after: { days: 60 }'],
  ['payout: { per: month', 'payout: { per: quarter'],
  ['below: carry-forward', 'below: forfeit'],
  ['repay: from-excess', 'repay: from-everything'],
  ["recoverable: 'yes', repay: from-excess", "recoverable: 'no'"],
  ['within: { days: 90 }', 'within: { days: 60 }'],
  ['boundary: included', 'boundary: excluded'],
  ['since: won', 'since: start'],
  ['how: full', 'how: percent, percent: 50'],
  ['of: paid,', 'of: earned,'],
  ['negative: carry-forward', 'negative: collect'],
] as const;

describe('a plan in plain words', () => {
  it.each(turns)('tells "%s" from "%s"', (was, is) => {
    expect(source).toContain(was);
    expect(diffPlans(planOf(source), planOf(source.replace(was, is)))).not.toEqual([]);
  });

  it('says every rule of the plans to start from, and no value it does not know', () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
      const plan = planOf(readFileSync(path.join(folder, file), 'utf8'));
      const sections = explainPlan(plan);
      for (const { rule } of plan.rules)
        expect(sections.some(({ title }) => title.startsWith(`Rule ${rule}`))).toBe(true);
      expect(JSON.stringify(sections)).not.toMatch(/undefined|\[object/);
    }
  });

  it('is the same for the same plan in another layout', () => {
    const layout = source.replace('currency: EUR', '# a remark\ncurrency:   EUR');
    expect(diffPlans(planOf(source), planOf(layout))).toEqual([]);
  });

  it('names what was added and what is gone', () => {
    const bonus = source.replace(
      'split:',
      '  - { rule: bonus, earnOn: won, basis: count, rate: { amount: 100 } }\nsplit:',
    );
    expect(diffPlans(planOf(source), planOf(bonus))).toEqual([
      expect.objectContaining({ section: 'Rule bonus', change: 'added' }),
    ]);
    expect(diffPlans(planOf(bonus), planOf(source))).toEqual([
      expect.objectContaining({ section: 'Rule bonus', change: 'removed' }),
    ]);
  });
});

const weighed = `
plan: words
version: 1
effectiveFrom: 2026-01-01
weeksFrom: 2026-01-02
currency: EUR
counters: { sales: { of: amount, on: won, scope: partner, per: half-year, quota: partner, prorate: days, refunds: lower } }
rules:
  - rule: bonus
    earnOn: half-year
    basis: { of: target, target: 10000, prorate: whole-months }
    rate:
      points:
        on: { weighted: [{ counter: sales, percent: 70, atMost: 150 }, { fact: partner.objectives, percent: 30, nothingBelow: 50 }] }
        mode: step
        reads: after
        below: nothing
        above: last
        table: [{ at: 50, percent: 0 }, { at: 100, percent: 100 }]
  - rule: pool
    earnOn: half-year
    basis: { of: pool, pool: 9000, counter: sales }
    rate: { percent: 100 }
  - rule: own
    highestOf: method
    earnOn: won
    basis: { of: amount, firstMonths: 12 }
    rate: { fact: fields.rate }
    multipliers: [{ fact: partner.factor }]
  - rule: last-time
    earnOn: won
    basis: amount
    rate: { bands: { on: { counter: sales, as: value }, mode: step, reads: previous, boundary: lower, table: [{ from: 0, percent: 5 }] } }
rounding: { mode: half-up, scale: currency, stage: rule }
payout:
  per: two-weeks
  currency: USD
  exchangeOn: pay-day
  payDay: { days: 10 }
  draws:
    - { amount: 500, recoverable: 'no', until: 2026-03-01 }
    - { amount: partner, recoverable: 'yes', repay: from-everything, from: 2026-03-01 }
`;

describe('what is weighted, prorated and pooled', () => {
  const said = explainPlan(planOf(weighed)).flatMap(({ says }) => says);

  it.each([
    'Weeks, and two weeks, are counted from 2026-01-02.',
    'Adds up the amounts of deals won for each partner, each half year anew.',
    "100 % is each partner's own quota, prorated by days.",
    'Earned at the end of each half year.',
    'Taken of the target of 10,000.00 EUR, prorated by whole months.',
    'Taken of a share of a pool, in proportion to a counter (sales) of 9,000.00 EUR.',
    'A refund or a cancellation lowers it, in the period it comes in.',
    'Taken of the amount of the deal, of which the first 12 months of the term count.',
    'Of the rules compared as "method" only the one that pays most pays.',
    'Pays the percentage that fields.rate says.',
    'Times the factor that partner.factor says.',
    'Pays by sales, the whole event at one rate, by where it ended in the period before; a value exactly at an edge belongs to the lower band:',
    'Paid once a two weeks, in USD at the exchange rate of the pay-day, 10 days after its end.',
    'At least 500.00 EUR is paid a two weeks until the day before 2026-03-01, and never repaid.',
    "At least each partner's draw is paid a two weeks from 2026-03-01 on; what was advanced is repaid from-everything.",
  ])('says: %s', (sentence) => expect(said).toContain(sentence));

  it('names each attainment with its weight and bounds', () =>
    expect(said.join(' ')).toContain(
      'the weighted attainment (70 % of sales in percent of its quota (of which no more than 150 counts), 30 % of partner.objectives (nothing below 50))',
    ));

  it('tells what changed', () =>
    expect(
      diffPlans(planOf(weighed), planOf(weighed.replace('prorate: days', 'prorate: months-begun'))),
    ).toEqual([
      {
        section: 'Counter sales',
        change: 'changed',
        before: ["100 % is each partner's own quota, prorated by days."],
        after: ["100 % is each partner's own quota, prorated by months begun."],
      },
    ]));

  it.each([
    ['weeks without a beginning', weighed.replace('weeksFrom: 2026-01-02\n', ''), '/weeksFrom'],
    ['weights of 90 %', weighed.replace('percent: 70', 'percent: 60'), '/rules/0/rate/points/on/weighted'],
    [
      'a weighted attainment in slices',
      weighed.replace('mode: step', 'mode: retroactive'),
      '/rules/0/rate/points/mode',
    ],
    [
      'a pool by a counter of the year',
      weighed.replace('per: half-year', 'per: year'),
      '/rules/1/basis/counter',
    ],
    [
      'a comparison with a cap of a year',
      weighed.replace('highestOf: method', 'highestOf: method\n    limits: [{ per: year, atMost: 5 }]'),
      '/rules/2/highestOf',
    ],
    ['a pay day that is not said', weighed.replace('  payDay: { days: 10 }\n', ''), '/payout/payDay'],
    [
      'a draw that says not how it is repaid',
      weighed.replace(' repay: from-everything,', ''),
      '/payout/draws/1/repay',
    ],
    ['two sorts of draws', `${weighed}  draw: { amount: 5, recoverable: 'no' }\n`, '/payout/draws'],
    [
      'a weighted attainment without a quota',
      weighed.replace(' quota: partner,', ''),
      '/counters/sales/quota',
    ],
  ])('refuses %s', (_, plan, pointer) => {
    const read = readFullPlan(plan);
    expect('faults' in read ? read.faults.map((fault) => fault.pointer) : []).toContain(pointer);
  });
});
