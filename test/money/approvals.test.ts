import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listGaps } from '../../src/app/list-gaps.ts';
import { verifyLedger } from '../../src/app/verify-ledger.ts';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { readBalances } from '../../src/ledger/balances.ts';
import { announceEntries } from '../../src/payouts/announce-entries.ts';
import { approveByHand, listWaiting } from '../../src/payouts/approve-by-hand.ts';
import type { ApprovalRule } from '../../src/payouts/approve-entries.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest } from './money-context.ts';
import type { MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

let database: TestDatabase;
let money: MoneyTest;
let rule: ApprovalRule;
let deal: string;

beforeEach(async () => {
  database = await createTestDatabase();
  rule = 'required';
  money = moneyTest(database.db, {
    commissionOutputs: {
      entriesPosted: (tx, entries) => announceEntries(tx, money.clock, entries, rule),
    },
  });
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  const partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-03-01': 'Gold' } });
  [deal = ''] = await t1.seedDeals(database.db, partner, 1);
  // 12 % of 10,000.00 = 1,200.00.
  await t1.win(database.db, deal, { amountMinor: 1_000_000n });
  await computeUntilIdle(money);
});
afterEach(async () => {
  expect((await verifyLedger(database.db, null)).findings).toEqual([]);
  await database.drop();
});

const waiting = () => listWaiting(database.db, {}, 10);
const approveAll = async () =>
  approveByHand(
    money.context,
    (await waiting()).flatMap(({ entries }) => entries),
    'Grace',
  );
const triggered = async () =>
  (
    await database.db.query<{ minor: bigint }>(
      'SELECT amount_minor AS minor FROM payout_triggers ORDER BY id',
    )
  ).map(({ minor }) => minor);
const accounts = async () => (await readBalances(database.db, 'gold'))[0]?.accounts;

describe('where commissions are approved by a person', () => {
  it('nothing is paid out that was not approved', async () => {
    expect(await triggered()).toEqual([]);
    expect(await waiting()).toMatchObject([
      { partner: 'gold', amount: '1200.00', currency: 'USD', dealId: deal },
    ]);
    expect(await accounts()).toEqual({ accrued: '1200.00', commission: '-1200.00' });
    const { gaps } = await listGaps(database.db, 'record', money.clock.now(), 10);
    expect(gaps.find(({ step }) => step === 'triggered')).toMatchObject({
      dealId: deal,
      reason: 'earned, and waits for an approval',
      nextStep: expect.stringContaining(`tributary commissions approve --deal ${deal}`),
    });
  });

  it('is paid out once when it was approved, however often that is said', async () => {
    const [first] = await waiting();
    const twice = await Promise.all([
      approveByHand(money.context, first?.entries ?? [], 'Grace'),
      approveByHand(money.context, first?.entries ?? [], 'Ada'),
    ]);
    expect(twice.map(({ approved }) => approved).sort()).toEqual([0, 1]);
    await computeUntilIdle(money);
    await approveByHand(money.context, first?.entries ?? [], 'Grace');
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n]);
    expect(await accounts()).toEqual({
      ...{ accrued: '0.00', commission: '-1200.00', payable: '0.00', triggered: '1200.00' },
    });
    expect(
      (await listGaps(database.db, 'record', money.clock.now(), 10)).gaps.map(({ step }) => step),
    ).not.toContain('triggered');
  });

  it('waits for the settling besides the approval', async () => {
    const partner = await t1.seedPartner(database.db, { key: 'slow', tiers: { '2025-03-01': 'Gold' } });
    const [slow = ''] = await t1.seedDeals(database.db, partner, 1);
    await t1.win(database.db, slow, { amountMinor: 100_000n, settlesAt: new Date('2026-06-02T00:00:00Z') });
    await computeUntilIdle(money);
    await approveAll();
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n]);
    money.clock.set(new Date('2026-06-02T00:00:01Z'));
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n, 12_000n]);
  });

  it('approves what the person saw: what is posted afterwards waits again', async () => {
    const [seen] = await waiting();
    await t1.changeAmount(database.db, deal, 2_000_000n);
    await computeUntilIdle(money);
    await approveByHand(money.context, seen?.entries ?? [], 'Grace');
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n]);
    expect(await waiting()).toMatchObject([{ amount: '1200.00' }]);
    await approveAll();
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n, 120_000n]);
  });

  it('takes nothing back that was never paid: less, reopened and won again before anybody approved', async () => {
    await t1.changeAmount(database.db, deal, 400_000n);
    await computeUntilIdle(money);
    expect(await waiting()).toMatchObject([
      { amount: '480.00', entries: [expect.any(String), expect.any(String)] },
    ]);
    expect(await triggered()).toEqual([]);
    await t1.reopen(database.db, deal);
    await computeUntilIdle(money);
    expect(await waiting()).toEqual([]);
    expect(await triggered()).toEqual([]);
    await t1.win(database.db, deal, { amountMinor: 500_000n });
    await computeUntilIdle(money);
    expect(await waiting()).toMatchObject([{ amount: '600.00' }]);
    await approveAll();
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([60_000n]);
  });

  it('never approves a correction without what it corrects', async () => {
    await t1.changeAmount(database.db, deal, 400_000n);
    await computeUntilIdle(money);
    const [both] = await waiting();
    expect(await approveByHand(money.context, both?.entries.slice(1) ?? [], 'Grace')).toMatchObject({
      approved: 2,
    });
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([48_000n]);
  });

  it('takes back at once what was paid, though nobody approves that', async () => {
    await approveAll();
    await computeUntilIdle(money);
    await t1.changeAmount(database.db, deal, 400_000n);
    await computeUntilIdle(money);
    expect(await waiting()).toEqual([]);
    await t1.reopen(database.db, deal);
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([120_000n, -72_000n, -48_000n]);
    expect(await accounts()).toMatchObject({ commission: '0.00', triggered: '0.00' });
  });

  it('says which entries there are not, and approves the others', async () => {
    const [known] = await waiting();
    const nobody = '00000000-0000-7000-8000-000000000000';
    expect(await approveByHand(money.context, [nobody, ...(known?.entries ?? [])], 'Grace')).toEqual({
      approved: 1,
      before: [],
      unknown: [nobody],
    });
  });
});

describe('a programme that no longer asks for approval', () => {
  it('lets through with a correction what still waited, never the correction alone', async () => {
    rule = 'automatic';
    await t1.changeAmount(database.db, deal, 400_000n);
    await computeUntilIdle(money);
    expect(await triggered()).toEqual([48_000n]);
  });
});
