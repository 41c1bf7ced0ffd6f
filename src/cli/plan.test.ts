import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_PLAN_FILE } from '../commissions/read-plan.ts';
import { checkCommand, runCommand } from './plan.ts';
import type { Output } from './output.ts';

const PROGRAM = path.resolve('bin/tributary.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const written = path.join(folder, name);
  writeFileSync(written, content);
  return written;
}

function recorder(json: boolean): Output & { lines: string[]; notes: string[] } {
  const lines: string[] = [];
  const notes: string[] = [];
  return { json, lines, notes, out: (text) => void lines.push(text), note: (text) => void notes.push(text) };
}

const won = {
  deal: 'A',
  amount: '40000.00',
  currency: 'USD',
  wonAt: '2026-05-01',
  tier: 'Gold',
  tierSince: '2026-03-01',
};

describe('tributary plan run', () => {
  it('prints one JSON document with entries and traces, and needs no database', () => {
    const input = file('deals.json', JSON.stringify([won]));
    const ran = spawnSync(
      process.execPath,
      [PROGRAM, 'plan', 'run', DEFAULT_PLAN_FILE, '--input', input, '--json'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      plan: { key: 'default', version: 1 },
      entries: [{ deal: 'A', amount: '4800.00', amountMinor: '480000', currency: 'USD' }],
      held: [],
      totals: { USD: '4800.00' },
    });
  });

  it('says in a sentence how each amount came about', async () => {
    const output = recorder(false);
    expect(await runCommand(output, DEFAULT_PLAN_FILE, file('deals.json', JSON.stringify([won])))).toBe(0);
    expect(output.lines).toEqual([
      'A: 4800.00 USD (12 % of 40,000.00 USD = 4,800.00 USD; Gold tier since 2026-03-01; cap 5,000.00 not reached)',
      'Total USD: 4800.00',
    ]);
  });

  it('ends with 1 and names the deals that are held', async () => {
    const output = recorder(true);
    const input = file('deals.json', JSON.stringify([{ ...won, tier: null }]));
    expect(await runCommand(output, DEFAULT_PLAN_FILE, input)).toBe(1);
    expect(output.notes).toEqual([expect.stringContaining('A is held (tier-missing)')]);
  });

  it('ends with 2 and a pointer to every fault of the plan and of the input', async () => {
    const output = recorder(true);
    const plan = file('plan.yaml', 'plan: x\nversion: 1\n');
    const input = file('deals.json', JSON.stringify([{ ...won, amount: 'much' }]));
    expect(await runCommand(output, plan, input)).toBe(2);
    const { faults } = JSON.parse(output.lines.join('')) as { faults: { pointer: string }[] };
    expect(faults.map((fault) => fault.pointer)).toEqual([
      '/effectiveFrom',
      '/basis',
      '/currency',
      '/tiers',
      '/otherTiers',
      '/0/amount',
    ]);
  });
});

describe('tributary plan check', () => {
  it('warns of what a plan says in vain, and ends with 0', async () => {
    const rule = '{ rule: base, earnOn: won, basis: amount, rate: { percent: 5 } }';
    const counter = 'sales: { of: amount, on: won, scope: partner, per: year }';
    const plan = file(
      'plan.yaml',
      `{ plan: x, version: 1, effectiveFrom: 2026-01-01, currency: EUR, counters: { ${counter} }, rules: [${rule}],
         rounding: { mode: half-up, scale: currency, stage: rule } }`,
    );
    const [words, document] = [recorder(false), recorder(true)];
    expect([await checkCommand(words, plan), await checkCommand(document, plan)]).toEqual([0, 0]);
    expect(words.notes).toEqual([`${plan}#/counters/sales: warning: nothing reads the counter "sales"`]);
    expect(JSON.parse(document.lines.join(''))).toMatchObject({
      faults: [],
      warnings: [{ pointer: '/counters/sales' }],
    });
  });

  it('ends with 0 for a whole plan and with 2 for one that leaves something open', async () => {
    expect(await checkCommand(recorder(false), DEFAULT_PLAN_FILE)).toBe(0);
    expect(await checkCommand(recorder(false), file('plan.yaml', 'plan: x\n'))).toBe(2);
  });
});
