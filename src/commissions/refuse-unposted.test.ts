import { describe, expect, it } from '@jest/globals';
import { readPublishable } from './read-plan.ts';

const plain = `
plan: full
version: 1
effectiveFrom: 2026-01-01
currency: EUR
rules:
  - rule: base
    earnOn: won
    basis: amount
    rate: { percent: 10 }
rounding: { mode: half-up, scale: currency, stage: rule }
`;

function pointers(text: string): string[] {
  const read = readPublishable(text);
  return 'faults' in read ? read.faults.map(({ pointer }) => pointer) : [];
}

function counting(rest: string): string {
  return `${plain}counters: { sold: { of: amount, on: won, ${rest} } }\n`;
}

describe('a plan that is to be published', () => {
  it('may be of the whole language', () => {
    expect(readPublishable(plain)).toMatchObject({ plan: { plan: 'full', version: 1 } });
    expect(pointers(`${plain}clawback: none\nlimits: [{ per: deal, atMost: 5 }]\n`)).toEqual([]);
  });

  it.each([
    ['/rules/0/earnOn', plain.replace('earnOn: won', 'earnOn: payment')],
    ['/rules/0/pays', plain.replace('basis:', 'pays: parent\n    basis:')],
    ['/rules/0/basis/target', plain.replace('basis: amount', 'basis: { of: target, target: partner }')],
    [
      '/rules/0/rate/derived/quota',
      plain.replace('{ percent: 10 }', '{ derived: { target: 5, quota: partner } }'),
    ],
    ['/limits/0/per', `${plain}limits: [{ per: ever, atMost: 5 }]\n`],
    ['/counters/sold/scope', counting('scope: everybody, per: year')],
    ['/counters/sold/per', counting('scope: partner, per: ever')],
    ['/counters/sold/per', counting('scope: partner, per: week')],
    [
      '/rules/0/rate',
      counting('scope: partner, per: year').replace(
        '{ percent: 10 }',
        '{ bands: { on: { counter: sold, as: value }, mode: step, reads: previous, boundary: lower, table: [{ from: 0, percent: 5 }] } }',
      ),
    ],
    ['/counters/sold/refunds', counting('scope: partner, per: year, refunds: lower')],
    ['/counters/sold/prorate', counting('scope: partner, per: year, quota: 100, prorate: days')],
    ['/limits/0/per', `${plain}limits: [{ per: half-year, atMost: 5 }]\n`],
    ['/counters/sold/quota', counting('scope: partner, per: year, quota: partner')],
    ['/tierOn', `${plain}tierOn: month-start\n`],
    ['/payout', `${plain}payout: { per: month, currency: plan }\n`],
    ['/release', `${plain}release: [{ percent: 100, on: earned }]\n`],
    ['/clawback', `${plain}clawback: { since: won, how: full, of: earned, negative: forgive }\n`],
    ['/split', `${plain}split: { shares: equal, sum: any, of: pay, tie: partner-key, lead: listed-first }\n`],
    ['/negativeAmounts', `${plain}negativeAmounts: count\n`],
    ['/rounding/scale', plain.replace('scale: currency', 'scale: 4')],
  ])('names the place %s that the ledger cannot post', (pointer, text) => {
    expect(pointers(text)).toEqual([pointer]);
  });

  it('may not round the total of a period, for which nothing is posted', () => {
    const text = `${plain.replace('stage: rule', 'stage: period')}payout: { per: month, currency: plan }\n`;
    expect(pointers(text)).toEqual(['/payout', '/rounding/stage']);
  });
});
