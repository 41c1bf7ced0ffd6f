/**
 * Calculations that vendors print in their help pages (the figures are theirs), put into the plan language. Named after where
 * they come from.
 */
import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { checkSteps } from './engine/trace.ts';
import { readFullPlan } from './read-plan.ts';
import { readInput } from './read-input.ts';
import { runFull, type FullTrial } from './run-full.ts';

/** @param deals "key amount day; more" of river, or whole deals in YAML */
function run(plan: string, deals: string, more: object = {}): FullTrial {
  const head = 'plan: p\nversion: 1\neffectiveFrom: 2000-01-01\ncurrency: USD\n';
  const rounding = plan.includes('rounding:')
    ? ''
    : '\nrounding: { mode: half-up, scale: currency, stage: rule }\n';
  const read = readFullPlan(head + plan + rounding);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  const list = deals.includes(':') ? (parse(deals) as object[]) : deals.split('; ').map(short);
  const given = list.map((deal) => ({ partner: 'river', currency: 'USD', ...deal }));
  const input = readInput(JSON.stringify({ deals: given, ...more }));
  if ('faults' in input) throw new Error(JSON.stringify(input.faults));
  const trial = runFull(read.plan, input.input);
  expect(trial.held).toEqual([]);
  for (const { trace } of trial.entries) checkSteps(trace.steps);
  return trial;
}

function short(text: string): object {
  const [deal, amount, wonAt] = text.split(' ');
  return { deal, amount, wonAt };
}

const amounts = ({ entries }: FullTrial): string[] => entries.map(({ amount }) => amount);
const paid = ({ periods }: FullTrial): string[] => periods.map((one) => one.paid.amount);

const rule = (rest: string, more = ''): string =>
  `rules: [{ rule: r, earnOn: won, basis: amount, ${rest} }]\n${more}`;
const bands = (on: string, mode: string, table: string, boundary = 'upper'): string =>
  `rate: { bands: { on: ${on}, mode: ${mode}, ${mode === 'step' ? 'reads: after, ' : ''}boundary: ${boundary}, table: [${table}] } }`;
const counter = (rest: string): string =>
  `counters: { c: { of: amount, on: won, scope: partner, per: quarter, ${rest} } }`;
const value = '{ counter: c, as: value }';
const attained = '{ counter: c, as: percent-of-quota }';

const oracleTiers =
  '{ from: 0, to: 1000, percent: 1 }, { from: 1000, to: 3000, percent: 2 }, { from: 3000, to: 8000, percent: 3 }, { from: 8000, percent: 5 }';
const oracleDeals =
  'T1 200 2015-01-01; T2 300 2015-01-02; T3 1500 2015-01-15; T4 1200 2015-02-01; T5 2000 2015-02-15; T6 4500 2015-03-01';

it('Spiff, marginal: 5, 6 and 7 %, 102,000', () => {
  const table =
    '{ from: 0, to: 50000, percent: 5 }, { from: 50000, to: 100000, percent: 6 }, { from: 100000, percent: 7 }';
  expect(amounts(run(rule(bands('event', 'marginal', table)), 'A 102000 2026-01-01'))).toEqual(['5640.00']);
});

it('Spiff, tier payout: a value in two tiers is of the lower one', () => {
  const table =
    '{ from: 0, to: 150000, percent: 4 }, { from: 150000, to: 250000, percent: 8 }, { from: 250000, percent: 12 }';
  expect(
    amounts(run(rule(bands('event', 'step', table, 'lower')), 'A 150000 2026-01-01; B 150000.01 2026-01-02')),
  ).toEqual(['6000.00', '12000.00']);
});

it('NetSuite, marginal: nothing up to 10,000, then 4 %', () => {
  const table = '{ from: 0, to: 10000, percent: 0 }, { from: 10000, percent: 4 }';
  expect(
    amounts(
      run(
        rule(bands(value, 'marginal', table), counter('credit: full')),
        '1 8000 2026-01-01; 2 3000 2026-01-02',
      ),
    ),
  ).toEqual(['0.00', '40.00']);
});

it('Oracle, step rates, each transaction alone: 164 together', () => {
  expect(amounts(run(rule(bands('event', 'marginal', oracleTiers)), oracleDeals))).toEqual([
    '2.00',
    '3.00',
    '20.00',
    '14.00',
    '30.00',
    '95.00',
  ]);
});

it('Oracle, interpolated amounts, each transaction alone: 149 together', () => {
  const points =
    'rate: { points: { on: event, mode: step, below: nothing, above: last, table: [{ at: 0, amount: 0 }, { at: 1000, amount: 10 }, { at: 3000, amount: 50 }, { at: 8000, amount: 150 }, { at: 20000, amount: 2150 }] } }';
  expect(amounts(run(rule(points), oracleDeals))).toEqual([
    '2.00',
    '3.00',
    '20.00',
    '14.00',
    '30.00',
    '80.00',
  ]);
});

it('Oracle, step rates, quarter to date: the same tiers over 9,700', () => {
  const trial = run(rule(bands(value, 'marginal', oracleTiers), counter('credit: full')), oracleDeals);
  // 1,000 x 1 % + 2,000 x 2 % + 5,000 x 3 % + 1,700 x 5 %
  expect(trial.totals).toEqual({ USD: '285.00' });
});

it('Oracle, not split: 5,000 at 1 %, 15,000 at 2 %, 60,000 at 3 %', () => {
  const table =
    '{ from: 0, to: 10000, percent: 1 }, { from: 10000, to: 50000, percent: 2 }, { from: 50000, to: 100000, percent: 3 }, { from: 100000, percent: 4 }';
  expect(
    amounts(
      run(rule(bands('event', 'step', table)), 'A 5000 2026-01-01; B 15000 2026-01-02; C 60000 2026-01-03'),
    ),
  ).toEqual(['50.00', '300.00', '1800.00']);
});

it('Oracle, units: tiers by units sold so far, percent of the amount', () => {
  const table =
    '{ from: 0, to: 500, percent: 5 }, { from: 500, to: 1000, percent: 10 }, { from: 1000, percent: 15 }';
  const plan = rule(
    bands(value, 'marginal', table),
    counter('credit: full').replace('of: amount', 'of: quantity'),
  );
  const deals =
    '[{ deal: A, amount: 500, quantity: 40, wonAt: 2026-01-01 }, { deal: B, amount: 500, quantity: 600, wonAt: 2026-01-02 }]';
  // 500 / 600 a unit: 460 units at 5 % = 19.17, 140 at 10 % = 11.67
  expect(amounts(run(plan, deals))).toEqual(['25.00', '30.83']);
});

it('units in tiers: the first 10 at 5.00 each, more at 8.00', () => {
  const plan = `rules: [{ rule: r, earnOn: won, basis: quantity, ${bands('event', 'marginal', '{ from: 0, to: 10, perUnit: 5 }, { from: 10, perUnit: 8 }')} }]`;
  expect(amounts(run(plan, '[{ deal: A, amount: 500, quantity: 25, wonAt: 2026-01-01 }]'))).toEqual([
    '170.00',
  ]);
});

it('an accelerator that pays 125 % and 150 % of the rate on slices above quota', () => {
  const table =
    '{ from: 0, to: 100, times: 1 }, { from: 100, to: 125, times: 1.25 }, { from: 125, times: 1.5 }';
  const plan = rule(
    `rate: { percent: 10 }, multipliers: [{ ${bands(attained, 'marginal', table, 'lower').replace('rate: { ', '').replace(/ }$/, '')} }]`,
    counter('quota: 10000'),
  );
  // 1,000 + 2,500 x 12.5 % + 1,500 x 15 %
  expect(amounts(run(plan, 'A 14000 2026-01-01'))).toEqual(['1537.50']);
});

it('Siebel, recoverable draw of 2,000', () => {
  const earned = [2750, 3000, 1500, 2375, 3000, 2750];
  const deals = earned.map((amount, index) => `D${index} ${amount} 2002-0${index + 1}-10`).join('; ');
  const plan = rule(
    'rate: { percent: 100 }',
    "payout: { per: month, currency: plan, draw: { amount: 2000, recoverable: 'yes', repay: from-excess } }",
  );
  const trial = run(plan, deals);
  expect(paid(trial)).toEqual(['2750.00', '3000.00', '2000.00', '2000.00', '2875.00', '2750.00']);
  expect(trial.periods.map(({ drawBalance }) => drawBalance)).toEqual([
    '0.00',
    '0.00',
    '500.00',
    '125.00',
    '0.00',
    '0.00',
  ]);
});

it('Stack, the first three charges 33 %, afterwards 23 %', () => {
  const plan = `rules: [{ rule: r, earnOn: payment, basis: amount, ${bands('{ fact: number }', 'step', '{ from: 0, to: 3, percent: 33 }, { from: 3, percent: 23 }', 'lower').replace('reads: after, ', '')} }]`;
  const payments = [1, 2, 3, 4].map((month) => `{ at: 2026-0${month}-01, amount: 100 }`).join(', ');
  expect(
    amounts(run(plan, `[{ deal: A, amount: 400, wonAt: 2026-01-01, payments: [${payments}] }]`)),
  ).toEqual(['33.00', '33.00', '33.00', '23.00']);
});

it('Post Affiliate, no more than two commissions a month', () => {
  const plan = rule(
    bands(value, 'step', '{ from: 0, to: 2, percent: 10 }, { from: 2, percent: 0 }', 'lower'),
    counter('credit: full').replace('of: amount', 'of: count').replace('quarter', 'month'),
  );
  expect(
    amounts(run(plan, 'A 100 2026-01-01; B 100 2026-01-02; C 100 2026-01-03; D 100 2026-02-01')),
  ).toEqual(['10.00', '10.00', '0.00', '10.00']);
});

it('a bonus by the total of the quarter, a fixed amount for each level', () => {
  const plan = `${counter('credit: full')}\nrules: [{ rule: bonus, earnOn: quarter, basis: count, ${bands(value, 'step', '{ from: 0, to: 50000, amount: 0 }, { from: 50000, to: 100000, amount: 1000 }, { from: 100000, amount: 2500 }')} }]`;
  expect(amounts(run(plan, 'A 60000 2026-01-01; B 30000 2026-03-31'))).toEqual(['1000.00']);
});

it('year to date against a yearly quota, paid every quarter less what was paid', () => {
  const table = '{ from: 0, to: 50, percent: 2 }, { from: 50, percent: 4 }';
  const plan = `${counter('quota: 100000').replace('per: quarter', 'per: year')}\nrules: [{ rule: r, earnOn: quarter, basis: { of: counter, counter: c }, ${bands(attained, 'retroactive', table)} }]`;
  // 2 % of 40,000; then 4 % of 60,000 less 800
  expect(amounts(run(plan, 'A 40000 2026-02-01; B 20000 2026-05-01'))).toEqual(['800.00', '1600.00']);
});

it('a credit note goes back down through the bands', () => {
  const table = '{ from: 0, to: 1000, percent: 5 }, { from: 1000, percent: 10 }';
  const plan = rule(bands(value, 'marginal', table), `${counter('credit: full')}\nnegativeAmounts: count`);
  expect(amounts(run(plan, 'A 1500 2026-01-01; CN -1000 2026-01-02'))).toEqual(['100.00', '-75.00']);
});

it('a rate by gross margin: 20 % and more earns 8 %', () => {
  const table = '{ from: 0, to: 20, percent: 4 }, { from: 20, percent: 8 }';
  const plan = `rules: [{ rule: r, earnOn: won, basis: margin, ${bands('{ fact: marginPercent }', 'step', table).replace('reads: after, ', '')} }]`;
  const deals =
    '[{ deal: A, amount: 10000, cost: 8000, wonAt: 2026-01-01 }, { deal: B, amount: 10000, cost: 8001, wonAt: 2026-01-02 }]';
  expect(amounts(run(plan, deals))).toEqual(['160.00', '79.96']);
});

it('a matrix: attainment by product', () => {
  const by = (low: string, high: string): string =>
    `{ bands: { on: ${value}, mode: step, reads: after, boundary: upper, table: [{ from: 0, to: 1000, percent: ${low} }, { from: 1000, percent: ${high} }] } }`;
  const plan = `${counter('credit: full')}\nrules: [{ rule: r, earnOn: won, basis: amount, rate: { by: { fact: kind, cases: { new: ${by('10', '12')}, renewal: ${by('2', '3')} }, other: hold } } }]`;
  const deals =
    '[{ deal: A, kind: new, amount: 900, wonAt: 2026-01-01 }, { deal: B, kind: renewal, amount: 900, wonAt: 2026-01-02 }]';
  expect(amounts(run(plan, deals))).toEqual(['90.00', '27.00']);
});

it('pays half when billed, half as the money is collected', () => {
  const plan = rule(
    'rate: { percent: 10 }',
    'release: [{ percent: 50, on: invoiced }, { percent: 50, on: each-payment }]\npayout: { per: month, currency: plan }',
  );
  const deals =
    '[{ deal: A, amount: 10000, wonAt: 2026-01-10, invoices: [{ at: 2026-02-01, amount: 10000 }], payments: [{ at: 2026-03-05, amount: 4000 }, { at: 2026-04-05, amount: 6000 }] }]';
  const trial = run(plan, deals, { asOf: '2026-04-30' });
  expect(trial.periods.map(({ period, paid: { amount } }) => `${period} ${amount}`)).toEqual([
    '2026-01 0.00',
    '2026-02 500.00',
    '2026-03 200.00',
    '2026-04 300.00',
  ]);
});

it('three installments, 30 and 60 days apart', () => {
  const plan = rule(
    'rate: { percent: 10 }',
    'release: [{ percent: 50, on: earned }, { percent: 25, on: earned, after: { days: 30 } }, { percent: 25, on: earned, after: { days: 60 } }]\npayout: { per: month, currency: plan }',
  );
  const [entry] = run(plan, 'A 1000.10 2026-01-10').entries;
  expect(entry?.releases).toEqual([
    { at: '2026-01-10', amount: '50.01' },
    { at: '2026-02-09', amount: '25.00' },
    { at: '2026-03-11', amount: '25.00' },
  ]);
});

it('no more than 200 % of a target', () => {
  const plan = `${counter('quota: 1000')}\nrules: [{ rule: r, earnOn: quarter, basis: { of: target, target: 5000 }, limits: [{ per: event, atMostPercent: 200 }], rate: { points: { on: ${attained}, mode: step, reads: after, below: nothing, above: extend, table: [{ at: 0, percent: 0 }, { at: 100, percent: 100 }] } } }]`;
  expect(amounts(run(plan, 'A 3000 2026-01-01'))).toEqual(['10000.00']);
});

it('what a third of a quota is worth is a tie, and goes up', () => {
  const plan = rule('rate: { derived: { target: 1, quota: 300 } }');
  // 1.5 / 300 = 0.005
  expect(amounts(run(plan, 'A 1.5 2026-01-01'))).toEqual(['0.01']);
});

it('counts renewals of a team for its parent, who is paid for all of it', () => {
  const plan = `${counter('credit: full').replace('scope: partner', 'scope: parent')}\nrules: [{ rule: team, earnOn: won, pays: parent, basis: amount, ${bands(value, 'marginal', '{ from: 0, to: 1000, percent: 1 }, { from: 1000, percent: 2 }')} }]`;
  const trial = run(
    plan,
    '[{ deal: A, partner: river, amount: 900, wonAt: 2026-01-01 }, { deal: B, partner: mill, amount: 900, wonAt: 2026-01-02 }]',
    {
      partners: [
        { partner: 'river', parent: 'delta' },
        { partner: 'mill', parent: 'delta' },
      ],
    },
  );
  expect(trial.entries.map(({ partner, amount }) => `${partner} ${amount}`)).toEqual([
    'delta 9.00',
    'delta 17.00',
  ]);
});
