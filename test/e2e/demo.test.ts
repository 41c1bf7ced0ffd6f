import { describe, expect, it } from '@jest/globals';
import type { DemoReport } from '../../src/app/run-demo.ts';
import { tributary } from './tributary-process.ts';

async function demo(...args: string[]): Promise<DemoReport> {
  const run = await tributary(['demo', '--json', ...args]);
  if (run.code !== 0) throw new Error(`exit ${String(run.code)}\n${run.stdout}\n${run.stderr}`);
  return JSON.parse(run.stdout) as DemoReport;
}

describe('tributary demo', () => {
  it('reconciles every count and every sum from registration to acknowledgement, in both CRMs', async () => {
    const report = await demo('--deals', '40');

    expect(report).toMatchObject({ ok: true, deals: 40, differences: [], mails: 40 });
    for (const crm of Object.values(report.crms)) {
      expect(crm).toMatchObject({
        registered: 20,
        approved: 20,
        mirrored: 20,
        duplicates: 0,
        won: 20,
        commissioned: 20,
        triggered: 20,
        acknowledged: 20,
      });
      expect(crm.money.acknowledged).toEqual(crm.money.expectedCommission);
    }
  }, 240_000);

  it('loses nothing and doubles nothing in a storm of refusals, lost answers and shuffled notifications', async () => {
    const report = await demo('--deals', '20', '--preset', 'storm');

    expect(report).toMatchObject({ ok: true, preset: 'storm', differences: [] });
    expect(Object.values(report.crms).map((crm) => crm.duplicates)).toEqual([0, 0]);
  }, 300_000);

  it('refuses a number of deals it cannot run, by name', async () => {
    const run = await tributary(['demo', '--deals', 'many']);

    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('--deals takes a whole number');
  });
});
