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
