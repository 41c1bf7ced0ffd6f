import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PlanEffect } from '../commissions/plan-effect.ts';
import type { Output } from './output.ts';
import { diffCommand } from './plan-words.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plan-diff-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const written = path.join(folder, name);
  writeFileSync(written, content);
  return written;
}

function recorder(json = false): Output & { lines: string[]; notes: string[] } {
  const lines: string[] = [];
  const notes: string[] = [];
  return { json, lines, notes, out: (text) => void lines.push(text), note: (text) => void notes.push(text) };
}

/** 10 % of everything; in the second version more of new business, less of the rest, from a year later on. */
const first = `
plan: programme
version: 1
effectiveFrom: 2026-01-01
currency: deal
rules:
  - { rule: base, earnOn: won, basis: amount, rate: { percent: 10 } }
rounding: { mode: half-up, scale: currency, stage: rule }
`;
const second = first
  .replace('version: 1', 'version: 2')
  .replace('2026-01-01', '2027-01-01')
  .replace(
    '{ percent: 10 }',
    '{ by: { fact: kind, cases: { new: { percent: 15 } }, other: { percent: 8.5 } } }',
  );

const deals = [
  { deal: 'A', partner: 'river', kind: 'new', amount: '10000', currency: 'EUR', wonAt: '2026-02-01' },
  { deal: 'B', partner: 'harbor', kind: 'renewal', amount: '30000', currency: 'EUR', wonAt: '2026-02-02' },
  { deal: 'C', partner: 'harbor', kind: 'new', amount: '200', currency: 'USD', wonAt: '2026-02-03' },
  { deal: 'D', partner: 'lake', kind: 'new', amount: '0', currency: 'USD', wonAt: '2026-02-04' },
];

async function diff(
  output: Output,
  input: string,
  [before, after] = [first, second],
  name = 'deals.json',
): Promise<number> {
  return diffCommand(output, file('a.yaml', before), file('b.yaml', after), file(name, input));
}

describe('tributary plan diff --input', () => {
  it('says who gains and who loses, and all together, beside what changed in words', async () => {
    const output = recorder();
    expect(await diff(output, JSON.stringify(deals))).toBe(1);
    const at = output.lines.indexOf('Earned on these deals, as if each plan had been in effect all along');
    expect(output.lines.slice(0, at).join('\n')).toContain('- Pays 10 %');
    // A: 10,000 × 10 % = 1,000, × 15 % = 1,500. B: 30,000 × 10 % = 3,000, × 8.5 % = 2,550. C: 20, 30.
    expect(output.lines.slice(at + 1)).toEqual([
      '  harbor loses 450.00 EUR (3,000.00 before, 2,550.00 after)',
      '  harbor gains 10.00 USD (20.00 before, 30.00 after)',
      '  lake: the same, 0.00 USD',
      '  river gains 500.00 EUR (1,000.00 before, 1,500.00 after)',
      '  All together: 50.00 EUR more (4,000.00 before, 4,050.00 after)',
      '  All together: 10.00 USD more (20.00 before, 30.00 after)',
    ]);
    expect(output.notes).toEqual([]);
  });

  it('prints the same as one JSON document, also for deals one a line', async () => {
    const lines = deals.map((deal) => JSON.stringify(deal)).join('\n');
    const [whole, streamed] = [recorder(true), recorder(true)];
    await diff(whole, JSON.stringify(deals));
    await diff(streamed, lines, [first, second], 'deals.ndjson');
    expect(streamed.lines).toEqual(whole.lines);
    const { changes, effect } = JSON.parse(whole.lines.join('')) as {
      changes: unknown[];
      effect: PlanEffect;
    };
    expect(changes.length).toBeGreaterThan(0);
    expect(effect).toMatchObject({ paid: [], held: { before: [], after: [] } });
    const [river] = effect.earned.filter(({ partner }) => partner === 'river');
    expect(river).toEqual({
      partner: 'river',
      currency: 'EUR',
      before: '1000.00',
      after: '1500.00',
      difference: '500.00',
      effect: 'gains',
    });
  });

  it('tells what is paid from what is earned where a plan pays by the period', async () => {
    const payout = 'payout: { per: month, currency: plan, minimum: { amount: 1200.00, below: forfeit } }\n';
    const output = recorder();
    const euros = first.replace('currency: deal', 'currency: EUR');
    expect(
      await diff(output, JSON.stringify(deals.slice(0, 2)), [
        euros + payout.replace('12', '2'),
        euros + payout,
      ]),
    ).toBe(1);
    expect(output.lines).toContain('  river: the same, 1,000.00 EUR');
    expect(output.lines.slice(output.lines.indexOf('Paid in their periods') + 1)).toEqual([
      '  harbor: the same, 3,000.00 EUR',
      '  river loses 1,000.00 EUR (1,000.00 before, 0.00 after)',
      '  All together: 1,000.00 EUR less (4,000.00 before, 3,000.00 after)',
    ]);
  });

  it('names deals that only one of the plans holds', async () => {
    const output = recorder();
    await diff(output, JSON.stringify(deals), [
      first,
      second.replace('other: { percent: 8.5 }', 'other: hold'),
    ]);
    expect(output.notes).toEqual(['B won is held by the second plan only (case-not-in-plan)']);
    expect(output.lines).toContain('  harbor loses 3,000.00 EUR (3,000.00 before, 0.00 after)');
  });

  it('ends with 2 and pointers where the input cannot be read', async () => {
    const output = recorder();
    expect(await diff(output, JSON.stringify([{ ...deals[0], amount: 'much' }]))).toBe(2);
    expect(output.notes).toEqual([expect.stringContaining('deals.json#/0/amount')]);
    expect(output.lines).toEqual([]);
  });

  it('ends with 0 when both say the same', async () => {
    const output = recorder();
    expect(await diff(output, JSON.stringify(deals), [first, first])).toBe(0);
    expect(output.lines[0]).toBe('Both plans say the same.');
    expect(output.lines.filter((line) => /gains|loses|more|less/.test(line))).toEqual([]);
  });
});
