/** What is refused about paying and taking back, word for word, and what beside it is taken. */
import { expect, test } from '@jest/globals';
import { faultsOf } from '../../../test/properties/faulty-plan.ts';

test.each<[string, string, string[]]>([
  ['release: [{ percent: 50, on: earned }]', '', ['/release adds up to 50 %, not 100 %']],
  [
    'release: [{ percent: 50, on: earned }, { percent: 50.000001, on: month-end }]',
    '',
    ['/release adds up to 100.000001 %, not 100 %'],
  ],
  [
    'release: [{ percent: 100, on: earned, after: { days: 1, months: 1 } }]',
    '',
    ['/release/0/after must be one of: { days: 90 }, { weeks: 2 }, { months: 12 }, { years: 1 }'],
  ],
  [
    'release: [{ percent: 100, on: earned, after: {} }]',
    '',
    ['/release/0/after must be one of: { days: 90 }, { weeks: 2 }, { months: 12 }, { years: 1 }'],
  ],
  [
    'payout: { per: month, currency: partner }',
    '',
    [
      '/payout/exchangeOn is left open: The exchange rate of which day? Write one of: period-end | period-start | pay-day',
    ],
  ],
  [
    'payout: { per: month, currency: US }',
    '',
    [
      '/payout/currency not an ISO 4217 currency code',
      '/payout/exchangeOn is left open: The exchange rate of which day? Write one of: period-end | period-start | pay-day',
    ],
  ],
  [
    'payout: { per: month, currency: USD, exchangeOn: pay-day }',
    '',
    [
      '/payout/payDay is left open: how long after the end of the period is it paid? Write: payDay: { days: 15 }',
    ],
  ],
  [
    'payout: { per: month, currency: plan, draw: { amount: 5, recoverable: yes } }',
    '',
    [
      '/payout/draw/repay is left open: Is it repaid only out of what exceeds the draw, or out of everything that is earned? Write one of: from-excess | from-everything',
    ],
  ],
  [
    'payout: { per: month, currency: plan, draws: [{ amount: 5, recoverable: no }, { amount: 5, recoverable: yes }] }',
    '',
    [
      '/payout/draws/1/repay is left open: Is it repaid only out of what exceeds the draw, or out of everything that is earned? Write one of: from-excess | from-everything',
    ],
  ],
  [
    'payout: { per: month, currency: plan, draw: { amount: 5, recoverable: no }, draws: [{ amount: 5, recoverable: no }] }',
    '',
    ['/payout/draws stands beside draw: write one of them'],
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: full, within: { days: 30 } }',
    '',
    [
      '/clawback/boundary is left open: Does the last day of the window still belong to it? Write one of: included | excluded',
    ],
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: percent }',
    '',
    ['/clawback/percent is left open: How many percent?'],
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: by-time }',
    '',
    [
      '/clawback/over is left open: Over how long is it earned? { months: 12 }',
      '/clawback/started is left open: Is a month that has begun counted as used, or as left? Write one of: used | left | by-day',
    ],
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: by-steps }',
    '',
    ['/clawback/steps is left open: Which steps? [{ within: { days: 30 }, percent: 100 }]'],
  ],
  [
    'clawback: { since: won, how: full, of: paid, negative: collect }',
    '',
    [
      '/payout is left open: the clawback is taken of what was paid; how often is paid? Add payout: { per: month, currency: plan }',
    ],
  ],
])('refuses %s %s', (plan, rule, faults) => expect(faultsOf(plan, rule)).toEqual(faults));

test.each([
  ['release: [{ percent: 33.333333, on: earned }, { percent: 66.666667, on: month-end }]', ''],
  ['payout: { per: month, currency: USD, exchangeOn: period-end }', ''],
  ['payout: { per: month, currency: USD, exchangeOn: pay-day, payDay: { days: 15 } }', ''],
  ['payout: { per: month, currency: plan, draw: { amount: 5, recoverable: no } }', ''],
  ['payout: { per: month, currency: plan, draw: { amount: 5, recoverable: yes, repay: from-excess } }', ''],
  [
    'clawback: { since: won, of: earned, negative: collect, how: full, within: { days: 30 }, boundary: included }',
    '',
  ],
  ['clawback: { since: won, of: earned, negative: collect, how: full }', ''],
  ['clawback: { since: won, of: earned, negative: collect, how: percent, percent: 5 }', ''],
  [
    'clawback: { since: won, of: earned, negative: collect, how: by-time, over: { months: 12 }, started: used }',
    '',
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: by-steps, steps: [{ within: { days: 3 }, percent: 50 }] }',
    '',
  ],
  ['clawback: { since: won, of: earned, negative: collect, how: by-amount }', ''],
  [
    `clawback: { since: won, how: full, of: paid, negative: collect }
payout: { per: month, currency: plan }`,
    '',
  ],
  ['clawback: none', ''],
])('takes %s %s', (plan, rule) => expect(faultsOf(plan, rule)).toEqual([]));
