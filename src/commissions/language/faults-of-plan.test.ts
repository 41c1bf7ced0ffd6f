/** What is refused about a plan, word for word, and what beside it is taken. */
import { expect, test } from '@jest/globals';
import { faultsOf } from '../../../test/properties/faulty-plan.ts';

test.each<[string, string, string[]]>([
  ['effectiveTo: 2026-01-01', '', ['/effectiveTo must be after effectiveFrom']],
  ['effectiveTo: 2025-12-31', '', ['/effectiveTo must be after effectiveFrom']],
  ['effectiveFrom: 2026-02-30', '', ['/effectiveFrom not a day written as YYYY-MM-DD']],
  ['effectiveFrom: yesterday', '', ['/effectiveFrom not a day written as YYYY-MM-DD']],
  ['effectiveFrom: x2026-01-01', '', ['/effectiveFrom not a day written as YYYY-MM-DD']],
  ['effectiveFrom: 2026-01-01x', '', ['/effectiveFrom not a day written as YYYY-MM-DD']],
  ['version: 0', '', ['/version must be 1 or more']],
  ['version: 1.5', '', ['/version not a whole number']],
  ['version: x1', '', ['/version not a whole number']],
  ['version: 1234567890', '', ['/version not a whole number']],
  ['plan: Plan', '', ['/plan a key of lower-case letters, digits and dashes']],
  ['plan: -p', '', ['/plan a key of lower-case letters, digits and dashes']],
  ['yearStartsIn: 0', '', ['/yearStartsIn must be a month from 1 to 12']],
  ['yearStartsIn: 13', '', ['/yearStartsIn must be a month from 1 to 12']],
  [
    `currency: deal
exchange: { date: won, convert: basis, inverse: refused }`,
    '',
    [
      '/exchange a plan computed in the currency of each deal converts nothing before the payout: leave it out, or name one currency',
    ],
  ],
  [
    'exchange: { date: won, convert: basis, inverse: refused, rates: [{ from: EUR, to: EUR, rate: 1, on: 2026-01-01, source: ECB }] }',
    '',
    ['/exchange/rates/0/to converts a currency into itself'],
  ],
  [
    'exchange: { date: won, convert: basis, inverse: refused, rates: [{ from: USD, to: EUR, rate: 0.9, on: 2026-01-01, source: ECB }, { from: USD, to: EUR, rate: 0.8, on: 2026-01-01, source: ECB }] }',
    '',
    ['/exchange/rates/1/on this pair already has a rate from 2026-01-01'],
  ],
  [
    'exchange: { date: won, convert: basis, inverse: refused, rates: [{ from: USD, to: EUR, rate: 0.00, on: 2026-01-01, source: ECB }] }',
    '',
    ['/exchange/rates/0/rate must be more than 0'],
  ],
  [
    'split: { shares: deal, sum: any, of: pay, tie: partner-key }',
    '',
    [
      '/split/lead is left open: By whose tier and counters is a shared deal paid? Write one of: listed-first | largest-share',
    ],
  ],
  ['split: { shares: {}, sum: any, of: basis, tie: partner-key }', '', ['/split/shares names no role']],
  [
    'rounding: { mode: half-up, scale: currency, stage: period }',
    '',
    [
      '/payout is left open: the total of which period is rounded? Add payout: { per: month, currency: plan }',
    ],
  ],
  [
    'rounding: { mode: bankers, scale: two, stage: rule }',
    '',
    [
      '/rounding/mode must be one of: half-up | half-down | half-even | up | down | ceiling | floor. Where does a half go, and what lies between?',
      '/rounding/scale is left open: to how many decimals? Write: currency (as ISO 4217 says), or a number',
    ],
  ],
  [
    'limits: [{ per: month }]',
    '',
    ['/limits/0 limits nothing: give atMost, atLeast, nothingBelow or atMostPercent'],
  ],
  [
    'limits: [{ per: month, atLeast: 5, nothingBelow: 5, atMostPercent: 5 }]',
    '',
    [
      '/limits/0/atLeast of a period is a guarantee: write a draw that is not recoverable (payout.draw)',
      '/limits/0/nothingBelow of a period is a minimum payout: write payout.minimum',
      '/limits/0/atMostPercent is of one line, event or deal',
    ],
  ],
  [
    'limits: [{ per: event, atMost: 5 }, { per: line, atLeast: 5 }]',
    '',
    ['/limits/1/per a line is of one rule: write it under the limits of that rule'],
  ],
  [
    'when: [{ fact: kynd, is: new }]',
    '',
    [
      '/when/0/fact there is no fact "kynd". Write one of: event, deal, partner, role, tier, region, kind, influence, referrer, amount, currency, eventAmount, number, day, wonAt, startAt, termMonths, quantity, discount, discountPercent, tax, shipping, cost, margin, marginPercent, markupPercent, daysSinceWon, monthsSinceWon, daysToPay, daysOverdue; fields.NAME, partner.NAME, parent.NAME, referrer.NAME, line.NAME or counter.NAME',
    ],
  ],
  ['when: [{ fact: kind }]', '', ['/when/0 tests nothing: give is, isNot, atLeast, above, atMost or below']],
  ['when: [{ fact: amount, atLeast: many }]', '', ['/when/0/atLeast must be a number or a day (YYYY-MM-DD)']],
  [
    'when: [{ fact: amount, above: x5 }, { fact: amount, below: 5x }]',
    '',
    [
      '/when/0/above must be a number or a day (YYYY-MM-DD)',
      '/when/1/below must be a number or a day (YYYY-MM-DD)',
    ],
  ],
  [
    'when: [{ fact: line.price, is: a }]',
    '',
    [
      '/when/0/fact there is no fact "line.price" of a line: id, code, name, family, quantity, total, discount, discountPercent, tax, cost, currency, or line.fields.NAME',
    ],
  ],
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year } }
when: [{ fact: counter.d, above: 5 }]`,
    '',
    ['/when/0/fact there is no counter "d"'],
  ],
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year } }
when: [{ fact: counter.c.units, above: 5 }]`,
    '',
    ['/when/0/fact write counter.c, or counter.c.percent'],
  ],
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year } }
when: [{ fact: counter.c.percent.more, above: 5 }]`,
    '',
    ['/when/0/fact write counter.c, or counter.c.percent'],
  ],
  ['when: [{ fact: counter.c, above: 5 }]', '', ['/when/0/fact there is no counter "c"']],
  [
    'when: [{ fact: xfields.a, is: b }]',
    '',
    [
      '/when/0/fact there is no fact "xfields.a". Write one of: event, deal, partner, role, tier, region, kind, influence, referrer, amount, currency, eventAmount, number, day, wonAt, startAt, termMonths, quantity, discount, discountPercent, tax, shipping, cost, margin, marginPercent, markupPercent, daysSinceWon, monthsSinceWon, daysToPay, daysOverdue; fields.NAME, partner.NAME, parent.NAME, referrer.NAME, line.NAME or counter.NAME',
    ],
  ],
  [
    'when: [{ fact: fields., is: b }]',
    '',
    [
      '/when/0/fact there is no fact "fields.". Write one of: event, deal, partner, role, tier, region, kind, influence, referrer, amount, currency, eventAmount, number, day, wonAt, startAt, termMonths, quantity, discount, discountPercent, tax, shipping, cost, margin, marginPercent, markupPercent, daysSinceWon, monthsSinceWon, daysToPay, daysOverdue; fields.NAME, partner.NAME, parent.NAME, referrer.NAME, line.NAME or counter.NAME',
    ],
  ],
  ['rules: []', '', ['/rules has no rule']],
])('refuses %s %s', (plan, rule, faults) => expect(faultsOf(plan, rule)).toEqual(faults));

test.each([
  ['effectiveTo: 2026-01-02', ''],
  ['yearStartsIn: 1', ''],
  ['yearStartsIn: 12', ''],
  [
    'exchange: { date: won, convert: basis, inverse: refused, rates: [{ from: USD, to: EUR, rate: 0.9, on: 2026-01-01, source: ECB }, { from: USD, to: EUR, rate: 0.9, on: 2026-01-02, source: ECB }, { from: USD, to: CHF, rate: 0.8, on: 2026-01-01, source: ECB }, { from: GBP, to: EUR, rate: 1.1, on: 2026-01-01, source: ECB }] }',
    '',
  ],
  ['split: { shares: deal, sum: any, of: basis, tie: partner-key }', ''],
  ['split: { shares: { seller: 60 }, sum: any, of: pay, tie: partner-key, lead: listed-first }', ''],
  [
    `rounding: { mode: half-up, scale: currency, stage: period }
payout: { per: month, currency: plan }`,
    '',
  ],
  ['', 'limits: [{ per: line, atLeast: 5 }]'],
  [
    'limits: [{ per: event, nothingBelow: 5 }, { per: deal, atMostPercent: 5 }, { per: ever, atMost: 5 }]',
    '',
  ],
  [
    'when: [{ fact: kind, is: new, unknown: fails }, { any: [{ fact: fields.x, isNot: y }] }, { none: [{ fact: partner.region, is: west }] }]',
    '',
  ],
  ['when: [{ fact: amount, atLeast: -5 }, { fact: day, below: 2026-05-01 }]', ''],
  [
    'when: [{ fact: line.family, is: a }, { fact: line.fields.x, is: a }, { fact: line.discountPercent, is: a }]',
    '',
  ],
  [
    `counters: { c: { of: amount, on: won, scope: partner, per: year } }
when: [{ fact: counter.c, above: 5 }, { fact: counter.c.percent, above: 5 }]`,
    '',
  ],
])('takes %s %s', (plan, rule) => expect(faultsOf(plan, rule)).toEqual([]));
