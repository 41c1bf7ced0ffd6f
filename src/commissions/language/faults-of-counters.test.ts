/** What is refused about counters and what reads them, word for word, and what beside it is taken. */
import { expect, test } from '@jest/globals';
import { faultsOf } from '../../../test/properties/faulty-plan.ts';

test.each<[string, string, string[]]>([
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year } }
split: { shares: deal, sum: any, of: basis, tie: partner-key }`,
    '',
    [
      '/counters/c/credit is left open: Does a partner of a shared deal get credit for all of it, or for its share? Write one of: full | share',
    ],
  ],
  [
    `currency: deal
counters: { c: { of: amount, on: won, scope: everybody, per: year } }`,
    '',
    ['/counters/c/scope adds up amounts of several currencies: name one currency for the plan'],
  ],
  [
    'currency: deal',
    `earnOn: month
basis: commission`,
    [
      '/currency must be one ISO 4217 code: rules that are earned once a period add up deals of several currencies',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner } }',
    '',
    [
      '/counters/c/per is left open: from when on does it count? Write one of: deal | week | two-weeks | half-month | month | quarter | half-year | year | ever, or { rolling: { months: 12 } }',
    ],
  ],
  [
    '',
    `earnOn: month
basis: { of: counter, counter: d }`,
    ['/rules/0/basis/counter there is no counter "d"'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { bands: { on: { counter: c, as: percent-of-quota }, mode: step, reads: after, boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }',
    ['/counters/c/quota is left open: what is 100 %? Write an amount, or: partner'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { bands: { on: { counter: c, as: value }, mode: step,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }',
    [
      '/rules/0/rate/bands/reads is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
rate: { bands: { on: { counter: c, as: value }, mode: marginal,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
    [
      '/rules/0/rate/bands/on the rule is earned on payment, but the counter "c" counts on won: such an event moves it by nothing. Read it with mode: step',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: invoice
rate: { bands: { on: { counter: c, as: value }, mode: marginal,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
    [
      '/rules/0/rate/bands/on the rule is earned on invoice, but the counter "c" counts on won: such an event moves it by nothing. Read it with mode: step',
    ],
  ],
  [
    'counters: { c: { of: amount, on: payment, scope: partner, per: year } }',
    `earnOn: won
rate: { bands: { on: { counter: c, as: value }, mode: marginal,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
    [
      '/rules/0/rate/bands/on the rule is earned on won, but the counter "c" counts on payment: such an event moves it by nothing. Read it with mode: step',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
multipliers: [{ bands: { on: { counter: c, as: value }, mode: marginal, boundary: upper, table: [{ from: 0, times: 2 }] } }]`,
    [
      '/rules/0/multipliers/0/bands/on the rule is earned on payment, but the counter "c" counts on won: such an event moves it by nothing. Read it with mode: step',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
gate: { on: { counter: c, as: value }, atLeast: 5, pays: beyond }`,
    [
      '/rules/0/gate/on the rule is earned on payment, but the counter "c" counts on won: such an event moves it by nothing. Read it with mode: step',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: month
basis: { of: pool, counter: c, pool: 100 }`,
    [
      '/rules/0/basis/counter must be of each partner and of the period that is shared: scope: partner, per: month',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: everybody, per: month } }',
    `earnOn: month
basis: { of: pool, counter: c, pool: 100 }`,
    [
      '/rules/0/basis/counter must be of each partner and of the period that is shared: scope: partner, per: month',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: two-weeks } }',
    '',
    [
      '/weeksFrom is left open: on which day did one of the two weeks of /counters/c/per begin? Write: weeksFrom: 2026-01-05',
    ],
  ],
  [
    '',
    `earnOn: two-weeks
basis: commission`,
    [
      '/weeksFrom is left open: on which day did one of the two weeks of /rules/0/earnOn begin? Write: weeksFrom: 2026-01-05',
    ],
  ],
])('refuses %s %s', (plan, rule, faults) => expect(faultsOf(plan, rule)).toEqual(faults));

test.each([
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year, credit: full } }
split: { shares: deal, sum: any, of: basis, tie: partner-key }`,
    '',
  ],
  [
    `currency: deal
counters: { c: { of: count, on: won, scope: everybody, per: year } }`,
    '',
  ],
  [
    `currency: deal
counters: { c: { of: quantity, on: won, scope: everybody, per: year } }`,
    '',
  ],
  [
    `currency: deal
counters: { c: { of: amount, on: won, scope: partner, per: year } }`,
    '',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: month
basis: { of: counter, counter: c }`,
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: partner } }',
    'rate: { bands: { on: { counter: c, as: percent-of-quota }, mode: step, reads: after, boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { bands: { on: { counter: c, as: value }, mode: marginal,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
rate: { bands: { on: { counter: c, as: value }, mode: step, reads: after, boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
rate: { bands: { on: { counter: c, as: value }, mode: retroactive,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
  ],
  [
    'counters: { c: { of: amount, on: payment, scope: partner, per: year } }',
    `earnOn: payment
rate: { bands: { on: { counter: c, as: value }, mode: marginal,  boundary: upper, table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    `earnOn: payment
gate: { on: { counter: c, as: value }, atLeast: 5, pays: later }`,
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: month } }',
    `earnOn: month
basis: { of: pool, counter: c, pool: 100 }`,
  ],
  [
    `weeksFrom: 2026-01-05
counters: { c: { of: amount, on: won, scope: partner, per: two-weeks } }`,
    '',
  ],
])('takes %s %s', (plan, rule) => expect(faultsOf(plan, rule)).toEqual([]));
