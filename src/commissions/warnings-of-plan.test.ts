/** What is warned of, and what is not: a warning about a plan that means what it says would be ignored soon. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFullPlan } from './read-plan.ts';
import { warningsOf } from './warnings-of-plan.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');

function warn(source: string): string[] {
  const read = readFullPlan(source);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return warningsOf(read.plan).map(({ pointer, message }) => `${pointer} ${message}`);
}

function planOf(rules: readonly string[], more = ''): string {
  return `
plan: example
version: 1
effectiveFrom: 2026-01-01
effectiveTo: 2027-01-01
currency: EUR
${more}
rules:
${rules.map((rule, index) => `  - { rule: r${index}, earnOn: won, basis: amount, rate: { percent: 5 }, ${rule} }`).join('\n')}
rounding: { mode: half-up, scale: currency, stage: rule }
`;
}

const counter = 'counters: { sales: { of: amount, on: won, scope: partner, per: year } }';

describe('what a plan says in vain', () => {
  it.each(readdirSync(path.join(docs, 'plans')))('is nothing in %s', (file) => {
    expect(warn(readFileSync(path.join(docs, 'plans', file), 'utf8'))).toEqual([]);
  });

  it('is a counter that nothing reads', () => {
    expect(warn(planOf([''], counter))).toEqual(['/counters/sales nothing reads the counter "sales"']);
  });

  it.each([
    ['a gate', 'gate: { on: { counter: sales, as: value }, atLeast: 5, pays: later }'],
    ['a condition', 'when: [{ any: [{ fact: counter.sales, above: 5 }] }]'],
  ])('is no counter that is read by %s', (_, rule) => {
    expect(warn(planOf([rule], counter))).toEqual([]);
  });

  it.each([
    [
      'an earlier rule of its group takes every deal',
      ['group: a', 'group: a, when: [{ fact: kind, is: new }]'],
    ],
    [
      'an earlier rule of its group takes all kinds that it takes',
      ['group: a, when: [{ fact: kind, is: [New, renewal] }]', 'group: a, when: [{ fact: kind, is: new }]'],
    ],
  ])('is a rule when %s', (_, rules) => {
    expect(warn(planOf(rules))).toEqual([
      '/rules/1 the rule "r1" can never apply: of the group "a" the rule "r0" comes first and takes whatever fits this one',
    ]);
  });

  it.each([
    ['is in another group', ['group: a', 'group: b']],
    ['comes before one for all', ['group: a, when: [{ fact: kind, is: new }]', 'group: a']],
    ['takes what an earlier one leaves', ['group: a, months: { from: 1, to: 12, since: won }', 'group: a']],
    [
      'takes kinds that an earlier one leaves',
      ['group: a, when: [{ fact: kind, is: new }]', 'group: a, when: [{ fact: kind, is: [new, renewal] }]'],
    ],
    [
      'waits for a milestone',
      [`group: a, crosses: { on: { counter: sales, as: value }, every: 10, boundary: reached }`, 'group: a'],
    ],
  ])('is no rule that %s', (_, rules) => {
    expect(warn(planOf(rules, rules[0]?.includes('sales') === true ? counter : ''))).toEqual([]);
  });

  it.each([
    ['kind', '[{ fact: kind, is: new }, { fact: kind, is: renewal }]'],
    ['kind', '[{ fact: kind, is: [new] }, { fact: kind, isNot: [New] }]'],
    ['amount', '[{ fact: amount, atLeast: 1000 }, { fact: amount, below: 1000 }]'],
    ['amount', '[{ fact: amount, above: 99.5, atMost: 9.5 }]'],
    ['number', '[{ fact: number, is: 1, above: 1 }]'],
    ['event', '[{ fact: event, is: payment }]'],
    ['wonAt', '[{ fact: wonAt, below: 2026-01-01 }]'],
    ['wonAt', '[{ fact: wonAt, atLeast: 2027-01-01 }]'],
  ])('is a rule whose conditions on %s contradict each other or the plan: %s', (fact, when) => {
    expect(warn(planOf([`when: ${when}`]))).toEqual([
      `/rules/0 the rule "r0" can never apply: no deal passes all of its conditions on "${fact}" (with those of the plan)`,
    ]);
  });

  it.each([
    '[{ fact: kind, is: [new, renewal] }, { fact: kind, isNot: new }]',
    '[{ fact: kind, is: new, unknown: passes }, { fact: kind, is: renewal, unknown: passes }]',
    '[{ fact: amount, atLeast: 1000 }, { fact: amount, atMost: 1000 }]',
    '[{ fact: amount, above: 9, below: 10 }]',
    '[{ any: [{ fact: kind, is: new }, { fact: kind, is: renewal }] }]',
    '[{ fact: wonAt, atLeast: 2026-12-31 }]',
    '[{ fact: event, is: won }]',
  ])('is no rule whose conditions something passes: %s', (when) => {
    expect(warn(planOf([`when: ${when}`]))).toEqual([]);
  });

  it('is a rule for a role that has no share', () => {
    const split = 'split: { shares: { source: 100 }, sum: any, of: basis, tie: partner-key }';
    expect(warn(planOf(['roles: [source]'], split))).toEqual([]);
    expect(warn(planOf(['roles: [influence]'], split))).toEqual([
      expect.stringContaining('can never apply: the split has no share for influence'),
    ]);
  });

  it('is a selection of lines that no line passes', () => {
    const select = '{ of: lines, select: [{ fact: line.code, is: a }, { fact: line.code, is: b }] }';
    expect(warn(planOf(['']).replace('basis: amount', `basis: ${select}`))).toEqual([
      expect.stringContaining('no line item passes all conditions of select on "line.code"'),
    ]);
  });
});

describe('gaps and overlaps of bands', () => {
  it('are named beside the choices that are open still', () => {
    const table =
      'table: [{ from: 0, to: 10, percent: 5 }, { from: 20, to: 30, percent: 6 }, { from: 25, percent: 7 }]';
    const read = readFullPlan(
      planOf(['']).replace('percent: 5', `bands: { on: event, mode: marginal, ${table} }`),
    );
    const faults = 'faults' in read ? read.faults.map(({ pointer, message }) => `${pointer} ${message}`) : [];
    expect(faults).toEqual([
      expect.stringMatching(/^\/rules\/0\/rate\/bands\/boundary is left open/),
      expect.stringMatching(/^\/rules\/0\/rate\/bands\/table\/1\/from leaves a gap/),
      expect.stringMatching(/^\/rules\/0\/rate\/bands\/table\/2\/from overlaps/),
    ]);
  });
});
