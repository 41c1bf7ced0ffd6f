/** What is refused about bands and points, word for word, and what beside it is taken. */
import { expect, test } from '@jest/globals';
import { faultsOf } from '../../../test/properties/faulty-plan.ts';

test.each<[string, string, string[]]>([
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 5, percent: 1 }] } }',
    ['/rules/0/rate/bands/table/0/from leaves open what is paid below 5: begin with a band from 0'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }] } }',
    [
      '/rules/0/rate/bands/table/0/to leaves open what is paid above 10: leave "to" out, or add a band from 10',
    ],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, percent: 1 }, { from: 10, percent: 2 }] } }',
    ['/rules/0/rate/bands/table/0/to is missing: only the last band has no end'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 11, percent: 2 }] } }',
    [
      '/rules/0/rate/bands/table/1/from leaves a gap: nothing says what is paid between 10 and 11. Bands are half-open: write from: 10, and say with "boundary" whose the edge is',
    ],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 9, percent: 2 }] } }',
    ['/rules/0/rate/bands/table/1/from overlaps the band before, which ends at 10'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 0, percent: 1 }, { from: 0, percent: 2 }] } }',
    ['/rules/0/rate/bands/table/0/to must be above 0'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0 }] } }',
    ['/rules/0/rate/bands/table/0 must pay exactly one of: percent, amount, perUnit, times, by'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, percent: 1, amount: 2 }] } }',
    ['/rules/0/rate/bands/table/0 must pay exactly one of: percent, amount, perUnit, times, by'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, percent: 1, by: { fact: kind, cases: { new: { percent: 1 } }, other: hold } }] } }',
    ['/rules/0/rate/bands/table/0 must pay exactly one of: percent, amount, perUnit, times, by'],
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [] } }',
    ['/rules/0/rate/bands/table has no band'],
  ],
  [
    '',
    'rate: { bands: { on: { fact: amount }, mode: marginal, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
    ['/rules/0/rate/bands/mode must be step: a fact is one value for the whole event'],
  ],
  [
    '',
    'rate: { bands: { mode: step, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
    [
      '/rules/0/rate/bands/on is left open: what are the bands read against? Write: event (this deal alone), { counter: NAME, as: value | percent-of-quota }, { fact: NAME }, or { weighted: [{ counter: NAME, percent: 60 }, { counter: NAME, percent: 40 }] }',
    ],
  ],
  [
    '',
    'rate: { bands: { on: event, table: [{ from: 0, percent: 1 }] } }',
    [
      '/rules/0/rate/bands/mode is left open: Is each part paid at the rate of its own band (marginal), everything in the period at the rate of the band reached (retroactive), or the whole event at one rate (step)? Write one of: marginal | retroactive | step',
      '/rules/0/rate/bands/boundary is left open: Does a value exactly at the edge of two bands belong to the lower or the upper one? Write one of: lower | upper',
    ],
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 0, percent: 1 }] } }',
    ['/rules/0/rate/points/table needs two points at least'],
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 0, percent: 1 }, { at: 0, percent: 2 }] } }',
    ['/rules/0/rate/points/table/1/at must be above 0'],
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 5, percent: 1 }, { at: 4, percent: 2 }] } }',
    ['/rules/0/rate/points/table/1/at must be above 5'],
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 0, percent: 1 }, { at: 5, amount: 2 }] } }',
    ['/rules/0/rate/points/table/1 must give percent, as the first point does'],
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 0, percent: 1 }, { at: 5, percent: 2, amount: 2 }] } }',
    ['/rules/0/rate/points/table/1 must give exactly one of: percent, amount, perUnit, times'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { points: { on: { counter: c, as: value }, mode: step, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
    [
      '/rules/0/rate/points/reads is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { bands: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: marginal, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
    ['/rules/0/rate/bands/mode must be step: no event moves a weighted attainment by an amount of its own'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { bands: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: retroactive, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
    ['/rules/0/rate/bands/mode must be step: no event moves a weighted attainment by an amount of its own'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { bands: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: step, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
    [
      '/rules/0/rate/bands/reads is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { points: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: retroactive, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
    ['/rules/0/rate/points/mode must be step: no event moves a weighted attainment by an amount of its own'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { points: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: step, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
    [
      '/rules/0/rate/points/reads is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
    ],
  ],
  [
    '',
    'rate: { points: { on: event, mode: marginal, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
    [
      '/rules/0/rate/points/mode must be one of: retroactive | step. Is everything in the period paid at the rate reached (retroactive), or the event alone (step)?',
      '/rules/0/rate/points/below is left open: What is paid below the first point? Write one of: nothing | first',
      '/rules/0/rate/points/above is left open: What is paid above the last point? Write one of: last | extend',
    ],
  ],
])('refuses %s %s', (plan, rule, faults) => expect(faultsOf(plan, rule)).toEqual(faults));

test.each([
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, by: { fact: kind, cases: { new: { percent: 1 } }, other: hold } }] } }',
  ],
  [
    '',
    'rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }',
  ],
  [
    '',
    'rate: { bands: { on: { fact: amount }, mode: step, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
  ],
  [
    '',
    'rate: { points: { on: event, mode: step, below: first, above: last,  table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { points: { on: { counter: c, as: value }, mode: step, reads: before, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'rate: { points: { on: { counter: c, as: value }, mode: retroactive, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'rate: { bands: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, mode: step, reads: after, boundary: upper, table: [{ from: 0, percent: 1 }] } }',
  ],
])('takes %s %s', (plan, rule) => expect(faultsOf(plan, rule)).toEqual([]));
