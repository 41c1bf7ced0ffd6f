/** What is refused about a rule, word for word, and what beside it is taken. */
import { expect, test } from '@jest/globals';
import { faultsOf } from '../../../test/properties/faulty-plan.ts';

test.each<[string, string, string[]]>([
  [
    'rules: [{ rule: a, earnOn: won, basis: amount, rate: { percent: 1 } }, { rule: a, earnOn: won, basis: amount, rate: { percent: 1 } }]',
    '',
    ['/rules/1/rule there is already a rule "a"'],
  ],
  [
    'rules: [{ rule: a, earnOn: won, basis: { of: commission, rules: [b] }, rate: { percent: 1 } }, { rule: b, earnOn: won, basis: { of: commission, rules: [a] }, rate: { percent: 1 } }]',
    '',
    ['/rules/0/basis/rules/0 there is no rule "b" before this one'],
  ],
  [
    'clawback: { since: won, of: earned, negative: collect, how: full, rules: [r, s] }',
    '',
    ['/clawback/rules/1 there is no rule "s"'],
  ],
  [
    '',
    'earnOn: month',
    ['/rules/0/basis/of must be counter, target, commission, pool or count: the rule is earned once a month'],
  ],
  [
    '',
    'basis: { of: counter }',
    [
      '/rules/0/basis/counter is left open: which counter?',
      '/rules/0/basis/of a counter or a pool is a basis at the end of a period: write earnOn: month, quarter, year or another period',
    ],
  ],
  ['', 'basis: { of: target }', ['/rules/0/basis/target is left open: which target?']],
  [
    '',
    'basis: { of: pool }',
    [
      '/rules/0/basis/counter is left open: which counter?',
      '/rules/0/basis/pool is left open: which pool?',
      '/rules/0/basis/of a counter or a pool is a basis at the end of a period: write earnOn: month, quarter, year or another period',
    ],
  ],
  [
    '',
    'basis: { of: amount, counter: c }',
    [
      '/rules/0/basis/counter has no meaning with of: amount',
      '/rules/0/basis/counter there is no counter "c"',
    ],
  ],
  ['', 'basis: { of: amount, target: 5 }', ['/rules/0/basis/target has no meaning with of: amount']],
  [
    '',
    'basis: { of: amount, select: [{ fact: line.code, is: A }] }',
    ['/rules/0/basis/select selects line items: write of: lines'],
  ],
  [
    '',
    'basis: { of: amount, rules: [r] }',
    [
      '/rules/0/basis/rules belongs to of: commission',
      '/rules/0/basis/rules/0 there is no rule "r" before this one',
    ],
  ],
  ['', 'basis: { of: amount, prorate: days }', ['/rules/0/basis/prorate belongs to of: target']],
  [
    `currency: deal
rules: [{ rule: a, earnOn: won, basis: amount, rate: { percent: 1 } }, { rule: b, earnOn: month, basis: commission, rate: { percent: 1 } }]`,
    '',
    [
      '/currency must be one ISO 4217 code: rules that are earned once a period add up deals of several currencies',
    ],
  ],
  [
    '',
    'basis: profit',
    [
      '/rules/0/basis must be one of: amount | lines | each-line | margin | quantity | count | commission | counter | target | pool; or { of: one of them } with what goes with it, rightly spelt',
    ],
  ],
  [
    '',
    `earnOn: month
basis: commission
months: { from: 1, since: won }`,
    ['/rules/0/months are of a deal: earnOn must be won, invoice or payment'],
  ],
  ['', 'months: { from: 0, since: won }', ['/rules/0/months/from months are counted from 1']],
  ['', 'months: { from: 3, to: 2, since: won }', ['/rules/0/months/to must not be before "from"']],
  [
    '',
    'crosses: { on: event, at: [5], boundary: reached }',
    ['/rules/0/crosses/on must be a counter: nothing else is passed by an event'],
  ],
  [
    '',
    'crosses: { on: { fact: amount }, at: [5], boundary: reached }',
    ['/rules/0/crosses/on must be a counter: nothing else is passed by an event'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'crosses: { on: { counter: c, as: value }, boundary: reached }',
    ['/rules/0/crosses must say: at: [values], or: every: value'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'crosses: { on: { counter: c, as: value }, at: [5], every: 5, boundary: reached }',
    ['/rules/0/crosses must say: at: [values], or: every: value'],
  ],
  ['', 'gate: { on: event, pays: later }', ['/rules/0/gate must say atLeast or above']],
  ['', 'gate: { on: event, atLeast: 1, above: 1, pays: later }', ['/rules/0/gate must say atLeast or above']],
  ['', 'pays: nobody', ['/rules/0/pays must be one of: partners, parent, referrer']],
  [
    '',
    'earnOn: lost',
    [
      '/rules/0/earnOn must be one of: won | invoice | payment | week | two-weeks | half-month | month | quarter | half-year | year. When is it earned?',
    ],
  ],
  ['', 'rule: R', ['/rules/0/rule a key of lower-case letters, digits and dashes']],
  [
    '',
    `gate: { on: event, above: 1, pays: from-first }
rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
    [
      '/rules/0/rate mixes marginal and retroactive: an event cannot be paid in slices and, together with everything before it, at one rate. Make two rules of it',
    ],
  ],
  [
    '',
    `gate: { on: event, above: 1, pays: beyond }
rate: { points: { on: event, mode: retroactive, below: first, above: last, table: [{ at: 0, percent: 1 }, { at: 5, percent: 2 }] } }`,
    [
      '/rules/0/rate mixes marginal and retroactive: an event cannot be paid in slices and, together with everything before it, at one rate. Make two rules of it',
    ],
  ],
  [
    '',
    `rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }
multipliers: [{ bands: { on: event, mode: retroactive, boundary: upper, table: [{ from: 0, times: 2 }] } }]`,
    [
      '/rules/0/rate mixes marginal and retroactive: an event cannot be paid in slices and, together with everything before it, at one rate. Make two rules of it',
    ],
  ],
  [
    '',
    'rate: { percent: 1, amount: 5 }',
    ['/rules/0/rate must be exactly one of: percent, amount, perUnit, derived, fact, bands, points, by'],
  ],
  [
    '',
    'rate: {}',
    ['/rules/0/rate must be exactly one of: percent, amount, perUnit, derived, fact, bands, points, by'],
  ],
  ['', 'rate: { percent: -1 }', ['/rules/0/rate/percent not a plain decimal number']],
  ['', 'rate: { percent: 1e3 }', ['/rules/0/rate/percent not a plain decimal number']],
  ['', 'rate: { percent: 1,000 }', ['/rules/0/rate Unrecognized key: "000"']],
  [
    '',
    'rate: { amount: { XXQ: 5 } }',
    ['/rules/0/rate/amount must be an amount, or one for each currency: { EUR: 50.00 }'],
  ],
  ['', 'rate: { by: { fact: kind, cases: {}, other: hold } }', ['/rules/0/rate/by/cases names no case']],
  [
    '',
    'rate: { by: { fact: kind, cases: { new: { percent: 1 } } } }',
    [
      '/rules/0/rate/by/other is left open: what is paid where no case fits, or the fact is not known? Write: hold, nothing, or a rate',
    ],
  ],
  [
    '',
    'rate: { by: { fact: knd, cases: { new: { percent: 1 } }, other: nothing } }',
    [
      '/rules/0/rate/by/fact there is no fact "knd". Write one of: event, deal, partner, role, tier, region, kind, influence, referrer, amount, currency, eventAmount, number, day, wonAt, startAt, termMonths, quantity, discount, discountPercent, tax, shipping, cost, margin, marginPercent, markupPercent, daysSinceWon, monthsSinceWon, daysToPay, daysOverdue; fields.NAME, partner.NAME, parent.NAME, referrer.NAME, line.NAME or counter.NAME',
    ],
  ],
  [
    '',
    'multipliers: [{ times: 2, by: { fact: kind, cases: { new: { times: 1 } }, other: nothing } }]',
    ['/rules/0/multipliers/0 must be exactly one of: times, fact, bands, points, by'],
  ],
  [
    '',
    'multipliers: [{}]',
    ['/rules/0/multipliers/0 must be exactly one of: times, fact, bands, points, by'],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'gate: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, atLeast: 1, pays: beyond }',
    [
      '/rules/0/gate/pays must be whole-event or later: no event moves a weighted attainment by an amount of its own',
    ],
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'gate: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 30 }] }, atLeast: 1, pays: later }',
    [
      '/rules/0/gate/on/weighted adds up to 90 %, not 100 %',
      '/counters/c/quota is left open: what is 100 %? Write an amount, or: partner',
    ],
  ],
  [
    '',
    'gate: { on: { weighted: [{ percent: 60 }, { fact: fields.x, counter: c, percent: 40 }] }, atLeast: 1, pays: later }',
    [
      '/rules/0/gate/on/weighted/0 must name a counter (read in percent of its quota) or a fact',
      '/rules/0/gate/on/weighted/1 must name a counter (read in percent of its quota) or a fact',
      '/rules/0/gate/on/weighted/1/counter there is no counter "c"',
    ],
  ],
])('refuses %s %s', (plan, rule, faults) => expect(faultsOf(plan, rule)).toEqual(faults));

test.each([
  ['', 'basis: { of: lines, select: [{ fact: line.code, is: A }] }'],
  ['', 'basis: { of: each-line, select: [{ fact: line.code, is: A }] }'],
  [
    '',
    `earnOn: month
basis: { of: target, target: 5, prorate: days }`,
  ],
  ['', 'months: { from: 3, to: 3, since: won }'],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year } }',
    'crosses: { on: { counter: c, as: value }, every: 5, boundary: beyond }',
  ],
  ['', 'gate: { on: event, above: 1, pays: later }'],
  [
    '',
    `gate: { on: event, above: 1, pays: beyond }
rate: { bands: { on: event, mode: marginal, boundary: upper,  table: [{ from: 0, to: 10, percent: 1 }, { from: 10, percent: 2 }] } }`,
  ],
  ['', 'multipliers: [{ times: 0 }]'],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'gate: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, atLeast: 1, pays: later }',
  ],
  [
    'counters: { c: { of: amount, on: won, scope: partner, per: year, quota: 100 } }',
    'gate: { on: { weighted: [{ counter: c, percent: 60 }, { fact: fields.x, percent: 40 }] }, atLeast: 1, pays: whole-event }',
  ],
])('takes %s %s', (plan, rule) => expect(faultsOf(plan, rule)).toEqual([]));
