import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Deal } from './engine/input.ts';
import { FullPlan } from './language/full-plan.ts';
import { runFull } from './run-full.ts';
import { LineFault, streamPlan, type StreamedLine } from './stream-plan.ts';

const plan = FullPlan.parse({
  plan: 'stream',
  version: '1',
  effectiveFrom: '2026-01-01',
  currency: 'EUR',
  counters: { sales: { of: 'amount', on: 'won', scope: 'partner', per: 'quarter' } },
  rules: [
    {
      rule: 'base',
      earnOn: 'won',
      basis: 'amount',
      rate: {
        bands: {
          on: { counter: 'sales', as: 'value' },
          mode: 'marginal',
          boundary: 'lower',
          table: [
            { from: '0', to: '1000', percent: '5' },
            { from: '1000', percent: '10' },
          ],
        },
      },
    },
  ],
  rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
  payout: { per: 'month', currency: 'plan' },
});
const deals = Array.from({ length: 60 }, (_, n) => ({
  deal: `D${(n * 7) % 60}`,
  partner: `p${n % 3}`,
  amount: `${100 + n}.05`,
  currency: 'EUR',
  wonAt: `2026-0${1 + Math.floor(n / 12)}-${String(1 + (n % 12)).padStart(2, '0')}`,
}));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-stream-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function streamed(lines: readonly unknown[]): Promise<StreamedLine[]> {
  const file = path.join(folder, 'deals.ndjson');
  await writeFile(
    file,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  const out: StreamedLine[] = [];
  await streamPlan(plan, file, (line) => void out.push(line));
  return out;
}

describe('deals that come one a line', () => {
  it('earn and are paid as if they came all at once', async () => {
    const out = await streamed(deals);
    const whole = runFull(plan, { deals: deals.map((deal) => Deal.parse(deal)) });
    expect(out.flatMap((line) => ('entry' in line ? [line.entry] : []))).toEqual(whole.entries);
    expect(out.flatMap((line) => ('period' in line ? [line.period] : []))).toEqual(whole.periods);
    expect(out.at(-1)).toMatchObject({
      end: { totals: whole.totals, byPartner: whole.byPartner, deals: 60, held: 0 },
    });
  });

  it('begin with what is known besides them, where the first line says so', async () => {
    const known = {
      with: { state: { counters: [{ counter: 'sales', of: 'p0', at: '2026-01-01', value: '1000' }] } },
    };
    const [first] = await streamed([known, deals[0]]);
    expect(first).toMatchObject({ entry: { amount: '10.01' } });
  });

  it('are refused with the number of the line that is no deal, or comes too early', async () => {
    const faultOf = async (lines: readonly unknown[]): Promise<unknown> => {
      const thrown: unknown = await streamed(lines).catch((error: unknown) => error);
      return thrown instanceof LineFault ? thrown.faults : thrown;
    };
    expect(await faultOf([deals[0], '{'])).toEqual([
      { pointer: '', message: expect.stringMatching(/^line 2: /) },
    ]);
    expect(await faultOf([deals[0], '', { ...deals[1], amount: 'much' }])).toEqual([
      { pointer: '/amount', message: expect.stringMatching(/^line 3: not a plain decimal/) },
    ]);
    expect(await faultOf([deals[30], deals[0]])).toEqual([
      { pointer: '/wonAt', message: expect.stringMatching(/^line 2: .*sort the deals by wonAt/) },
    ]);
  });
});
