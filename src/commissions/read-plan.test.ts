import { describe, expect, it } from '@jest/globals';
import { DEFAULT_PLAN_FILE, readPlan, readPlanFile } from './read-plan.ts';
import { readTrialDeals, runPlan } from './run-plan.ts';

const WHOLE = `
plan: test
version: 1
effectiveFrom: 2026-01-01
basis: deal-amount
currency: USD
tiers: { gold: { rate: 12.10 } }
otherTiers: hold
`;

function pointers(text: string): Record<string, string> {
  const read = readPlan(text);
  return 'faults' in read
    ? Object.fromEntries(read.faults.map((fault) => [fault.pointer, fault.message]))
    : {};
}

describe('reading a plan', () => {
  it('finds the shipped plan complete', async () => {
    expect(await readPlanFile(DEFAULT_PLAN_FILE)).toMatchObject({
      plan: { plan: 'default', version: 1, otherTiers: 'hold' },
    });
  });

  it('keeps every number as it was written', () => {
    const read = readPlan(WHOLE);
    expect(read).toMatchObject({ plan: { tiers: { gold: { rate: '12.10' } } } });
  });

  it('gives the same digest to the same content in another layout', () => {
    const reordered = WHOLE.trim().split('\n').toReversed().join('\n');
    const [first, second] = [readPlan(WHOLE), readPlan(`# a comment\n${reordered}`)];
    if ('faults' in first || 'faults' in second) throw new Error('faulty');
    expect(first.digest).toBe(second.digest);
  });

  it('reports everything that is missing, each with a pointer', () => {
    expect(Object.keys(pointers('plan: x\nversion: 1\n'))).toEqual([
      '/effectiveFrom',
      '/basis',
      '/currency',
      '/tiers',
      '/otherTiers',
    ]);
  });

  it.each([
    ['a rate that is no decimal', WHOLE.replace('12.10', '1e3'), '/tiers/gold/rate'],
    ['a rate above 100', WHOLE.replace('12.10', '101'), '/tiers/gold/rate'],
    ['a tier named twice', WHOLE.replace('{ gold:', '{ GOLD: { rate: 1 }, gold:'), '/tiers/gold'],
    ['an unknown currency', WHOLE.replace('currency: USD', 'currency: ZZZ'), '/currency'],
    ['a cap with more decimals than the currency has', `${WHOLE}cap: { USD: 1.001 }\n`, '/cap/USD'],
    ['a cap that lacks the currency paid', `${WHOLE}cap: { EUR: 1.00 }\n`, '/cap'],
    ['a day that does not exist', WHOLE.replace('2026-01-01', '2026-02-30'), '/effectiveFrom'],
    ['an end before the start', `${WHOLE}effectiveTo: 2025-01-01\n`, '/effectiveTo'],
    [
      'a rate into another currency',
      `${WHOLE}rates: [{ from: EUR, to: GBP, rate: 1, source: x }]\n`,
      '/rates/0/to',
    ],
    ['a field nobody knows', `${WHOLE}minimun: 5\n`, ''],
    ['the same key twice', `${WHOLE}plan: again\n`, ''],
  ])('refuses %s', (_what, text, pointer) => {
    expect(Object.keys(pointers(text))).toContain(pointer);
  });
});

describe('trying a plan on deals', () => {
  const won = { deal: 'A', currency: 'USD', wonAt: '2026-05-01', tier: 'gold' };

  function tryDeals(deals: unknown[]): ReturnType<typeof runPlan> {
    const plan = readPlan(WHOLE);
    const input = readTrialDeals(JSON.stringify(deals));
    if ('faults' in plan || 'faults' in input) throw new Error(JSON.stringify([plan, input]));
    return runPlan(plan.plan, input.deals);
  }

  it('answers entries with traces, holds with reasons, and exact totals', () => {
    const trial = tryDeals([
      { ...won, amount: '1000.00' },
      { ...won, deal: 'B', amount: 0.1 },
      { ...won, deal: 'C', tier: 'bronze', amount: '5' },
    ]);
    expect(trial.entries.map(({ deal, amount, amountMinor }) => [deal, amount, amountMinor])).toEqual([
      ['A', '121.00', '12100'],
      ['B', '0.01', '1'],
    ]);
    expect(trial.held).toMatchObject([{ deal: 'C', reason: 'tier-not-in-plan' }]);
    expect(trial.totals).toEqual({ USD: '121.01' });
  });

  it('refuses input with a pointer to each fault', () => {
    const input = readTrialDeals(
      JSON.stringify([
        { ...won, amount: '1,000' },
        { ...won, amount: 12345678901234567 },
        { ...won, amount: '1', wonAt: 'May' },
      ]),
    );
    expect('faults' in input && input.faults.map((fault) => fault.pointer)).toEqual([
      '/0/amount',
      '/1/amount',
      '/2/wonAt',
    ]);
  });
});
