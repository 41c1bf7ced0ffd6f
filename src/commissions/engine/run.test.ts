import { describe, expect, test } from '@jest/globals';
import { dealsOf, planOf } from '../../../test/properties/one-rule-plan.ts';
import { runFull, type FullTrial } from '../run-full.ts';

const tenPercent = { rate: { percent: '10' } };
const clawback = { since: 'won', how: 'by-amount', of: 'paid', negative: 'carry-forward' };
const monthly = { per: 'month', currency: 'plan' };
const amounts = ({ entries }: FullTrial): string[] => entries.map(({ kind, amount }) => `${kind} ${amount}`);

describe('found by random plans, and kept', () => {
  test('the rules of one event use a limit of the plan for the event together', () => {
    const plan = planOf([tenPercent, tenPercent], { limits: [{ per: 'event', atMost: '150' }] });
    expect(amounts(runFull(plan, dealsOf({ amount: '1000' }, { amount: '1000' })))).toEqual([
      'earned 100.00',
      'earned 50.00',
      'earned 100.00',
      'earned 50.00',
    ]);
  });

  test('a bonus of the year is paid with its last month', () => {
    const bonus = { earnOn: 'year', basis: 'commission', rate: { percent: '50' } };
    const { periods, balances } = runFull(
      planOf([tenPercent, bonus], { payout: monthly }),
      dealsOf({ amount: '1000', wonAt: '2026-12-10' }),
    );
    expect(periods.at(-1)).toMatchObject({ period: '2026-12', earned: '150.00', payable: '150.00' });
    expect(balances).toEqual([]);
  });

  test('a second refund takes back of the paid and of the unpaid half only what the first left of each', () => {
    const release = [
      { percent: '50', on: 'earned' },
      { percent: '50', on: 'year-end' },
    ];
    const refunds = [
      { at: '2026-07-01', amount: '200' },
      { at: '2026-08-01', amount: '800' },
    ];
    const trial = runFull(
      planOf([tenPercent], { clawback, release, payout: monthly }),
      dealsOf({ amount: '1000', refunds }),
    );
    expect(amounts(trial)).toEqual([
      'earned 100.00',
      'clawback -10.00',
      'voided -10.00',
      'clawback -40.00',
      'voided -40.00',
    ]);
    expect(trial.pending).toEqual([]);
  });

  test('what is withheld is taken of the latest release, in whatever order the plan names them', () => {
    const release = [
      { percent: '50', on: 'year-end' },
      { percent: '50', on: 'earned' },
    ];
    const trial = runFull(
      planOf([tenPercent], { clawback, release, payout: monthly }),
      dealsOf({ amount: '1000', cancelledAt: '2026-07-01' }),
    );
    const december = trial.periods.find(({ period }) => period === '2026-12');
    expect(trial.pending).toEqual([]);
    expect(december?.released ?? '0.00').toBe('0.00');
    expect(amounts(trial)).toEqual(['earned 100.00', 'clawback -50.00', 'voided -50.00']);
  });

  test('what is held back to a day that has not come is pending, with that day', () => {
    const release = [{ percent: '100', on: 'year-end' }];
    const trial = runFull(planOf([tenPercent], { release, payout: monthly, counters: undefined }), {
      ...dealsOf({ amount: '1000' }),
      asOf: '2026-06-30',
    });
    expect(trial.pending).toEqual([
      { partner: 'p', deal: 'D0', at: '2026-12-31', amount: '100.00', currency: 'EUR' },
    ]);
  });

  test('the trace of a clawback ends in what is taken back, not in what would be', () => {
    const trial = runFull(
      planOf([tenPercent], { clawback: { ...clawback, how: 'full' }, payout: monthly }),
      dealsOf({ amount: '1000', refunds: [{ at: '2026-05-20', amount: '1' }] }),
    );
    expect(trial.entries.at(-1)?.trace.steps.at(-1)?.value).toBe('-100');
  });

  test('a closed gate ends the trace in nothing', () => {
    const gate = { on: 'event', atLeast: '5000', pays: 'whole-event' };
    const [entry] = runFull(planOf([{ ...tenPercent, gate }]), dealsOf({ amount: '1000' })).entries;
    expect(entry?.amount).toBe('0.00');
    expect(entry?.trace.steps.at(-1)).toMatchObject({ step: 'gate', value: '0' });
  });
});
