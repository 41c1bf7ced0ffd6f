import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimCommissionDue } from '../src/commissions/claim-due.ts';
import { computeDeals } from '../src/commissions/compute-deals.ts';
import { publishDefaultPlan } from '../src/commissions/publish-plan.ts';
import { recomputeLedger } from '../src/commissions/recompute.ts';
import { listHeld } from '../src/commissions/outcomes.ts';
import { registerEndpoint } from '../src/payouts/endpoints.ts';
import { messageTypes } from '../src/payouts/message-types.ts';
import { triggerDuePayouts } from '../src/payouts/trigger-payouts.ts';
import { computeUntilIdle, moneyTest } from '../test/money/money-context.ts';
import type { MoneyTest } from '../test/money/money-context.ts';
import * as t1 from '../test/money/won-deals.ts';
import { createTestDatabase } from '../test/services/database.ts';
import type { TestDatabase } from '../test/services/database.ts';
import { computeCommissions } from './compute-commissions.ts';

let database: TestDatabase;
let money: MoneyTest;
let gold: t1.SeededPartner;

beforeAll(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  gold = await t1.seedPartner(database.db, {
    key: 'gold',
    email: 'gold@example.com',
    tiers: { '2025-03-01': 'Gold' },
  });
  await registerEndpoint(
    { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false },
    { label: 'all', url: 'https://payouts.example.com/in', types: messageTypes },
  );
});

afterAll(() => database.drop());

interface EntryRow {
  id: string;
  epoch: number;
  kind: string;
  amount: bigint;
  target: bigint;
  currency: string;
  corrects: string | null;
  explanation: string;
  partner: string;
}

async function entriesOf(dealId: string): Promise<EntryRow[]> {
  return database.db.query<EntryRow>(
    `SELECT id, epoch, kind, amount_minor AS amount, target_minor AS target, currency, corrects, explanation,
       partner_id AS partner FROM commission_entries WHERE deal_id = $1 ORDER BY epoch, revision`,
    [dealId],
  );
}

async function triggersOf(dealId: string): Promise<[string, bigint][]> {
  const rows = await database.db.query<{ kind: string; amount: bigint }>(
    'SELECT kind, amount_minor AS amount FROM payout_triggers WHERE deal_id = $1 ORDER BY epoch, sequence',
    [dealId],
  );
  return rows.map((row) => [row.kind, row.amount]);
}

async function messagesOf(dealId: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const rows = await database.db.query<{ payload: string }>(
    `SELECT payload FROM messages m WHERE payload::jsonb -> 'data' ->> 'dealId' = $1 ORDER BY created_at, type`,
    [dealId],
  );
  return rows.map((row) => JSON.parse(row.payload) as { type: string; data: Record<string, unknown> });
}

async function newDeal(partner = gold): Promise<string> {
  const [dealId] = await t1.seedDeals(database.db, { ...partner, key: `${partner.key}-${Math.random()}` }, 1);
  return dealId as string;
}

describe('computing commissions', () => {
  it('accrues a win once, explains it, tells endpoints and partner, and triggers its payout', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 4_000_000n });
    await computeUntilIdle(money);
    await t1.nudge(database.db, deal);
    await computeUntilIdle(money);

    const [entry, ...others] = await entriesOf(deal);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: 'accrued', amount: 480_000n, currency: 'USD', corrects: null });
    expect(entry?.explanation).toBe(
      '12 % of 40,000.00 USD = 4,800.00 USD; Gold tier since 2025-03-01; cap 5,000.00 not reached',
    );
    expect(await triggersOf(deal)).toEqual([['triggered', 480_000n]]);
    const messages = await messagesOf(deal);
    expect(messages.map((message) => message.type)).toEqual(['commission.accrued', 'payout.triggered']);
    expect(messages[1]?.data).toMatchObject({
      amount: '4800.00',
      amountMinor: '480000',
      currency: 'USD',
      sequence: 1,
    });
    const mails = await database.db.query(
      'SELECT recipient, subject FROM mails m JOIN commission_entries e ON e.id = m.entry_id WHERE e.deal_id = $1',
      [deal],
    );
    expect(mails).toEqual([
      { recipient: 'gold@example.com', subject: 'You earned a commission: $4,800.00 for Deal 1' },
    ]);
  });

  it('reverses a reopened win, takes its payout back, and pays the next win as its own', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n });
    await computeUntilIdle(money);
    await t1.reopen(database.db, deal);
    await computeUntilIdle(money);
    await t1.win(database.db, deal, { amountMinor: 2_000_000n });
    await computeUntilIdle(money);

    const entries = await entriesOf(deal);
    expect(entries.map(({ epoch, kind, amount }) => [epoch, kind, amount])).toEqual([
      [1, 'accrued', 120_000n],
      [1, 'reversed', -120_000n],
      [2, 'accrued', 240_000n],
    ]);
    expect(entries[1]?.corrects).toBe(entries[0]?.id);
    expect(entries[1]?.explanation).toContain('(reopened); 1,200.00 USD taken back');
    expect(await triggersOf(deal)).toEqual([
      ['triggered', 120_000n],
      ['adjusted', -120_000n],
      ['triggered', 240_000n],
    ]);
  });

  it('posts the difference when the amount changes, in the same epoch', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n });
    await computeUntilIdle(money);
    await t1.changeAmount(database.db, deal, 750_000n);
    await computeUntilIdle(money);

    const entries = await entriesOf(deal);
    expect(entries.map(({ kind, amount, target }) => [kind, amount, target])).toEqual([
      ['accrued', 120_000n, 120_000n],
      ['adjusted', -30_000n, 90_000n],
    ]);
    expect(entries[1]?.explanation).toContain('posted before: 1,200.00 USD, difference -300.00 USD');
  });

  it('reverses in the old currency and accrues in the new one when the currency changes', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n });
    await computeUntilIdle(money);
    await t1.changeAmount(database.db, deal, 1_000_000n, 'EUR');
    await computeUntilIdle(money);

    const entries = await entriesOf(deal);
    expect(entries.map(({ kind, amount, currency }) => [kind, amount, currency])).toEqual([
      ['accrued', 120_000n, 'USD'],
      ['reversed', -120_000n, 'USD'],
      ['accrued', 120_000n, 'EUR'],
    ]);
  });

  it('accrues at once but triggers no payout before the win has settled', async () => {
    const deal = await newDeal();
    const settlesAt = new Date(money.clock.now().getTime() + 86_400_000);
    await t1.win(database.db, deal, { amountMinor: 1_000_000n, settlesAt });
    await computeUntilIdle(money);
    expect(await entriesOf(deal)).toHaveLength(1);
    expect(await triggersOf(deal)).toEqual([]);

    money.clock.set(settlesAt);
    await computeUntilIdle(money);
    expect(await triggersOf(deal)).toEqual([['triggered', 120_000n]]);
  });

  it('never pays a win that was reopened before it settled', async () => {
    const deal = await newDeal();
    const settlesAt = new Date(money.clock.now().getTime() + 86_400_000);
    await t1.win(database.db, deal, { amountMinor: 1_000_000n, settlesAt });
    await computeUntilIdle(money);
    money.clock.set(settlesAt);
    await t1.reopen(database.db, deal);
    // The reopening is stored, its reversal is not posted yet: the payout must not slip through in between.
    await triggerDuePayouts(money.context, 100);
    await computeUntilIdle(money);
    expect(await triggersOf(deal)).toEqual([]);
    expect((await entriesOf(deal)).map((entry) => entry.kind)).toEqual(['accrued', 'reversed']);
  });

  it('still pays a win that ended and was revived before anybody computed it', async () => {
    const deal = await newDeal();
    const settlesAt = new Date(money.clock.now().getTime() + 86_400_000);
    await t1.win(database.db, deal, { amountMinor: 1_000_000n, settlesAt });
    await computeUntilIdle(money);
    money.clock.set(settlesAt);
    await t1.reopen(database.db, deal);
    await triggerDuePayouts(money.context, 100);
    await t1.revive(database.db, deal);
    money.clock.advance(5_000);
    await computeUntilIdle(money);
    expect(await triggersOf(deal)).toEqual([['triggered', 120_000n]]);
  });

  it('earns nothing where the epoch says so, and says why', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n, earnsNothingBecause: 'before-cutoff' });
    await computeUntilIdle(money);
    expect(await entriesOf(deal)).toEqual([]);
    const [outcome] = await database.db.query(
      'SELECT state, reason FROM commission_outcomes WHERE deal_id = $1',
      [deal],
    );
    expect(outcome).toEqual({ state: 'nothing', reason: 'before-cutoff' });
  });

  it('holds what it cannot compute without a guess, by name, and neither changes nor pays what is posted', async () => {
    const bronze = await t1.seedPartner(database.db, { key: 'bronze', tiers: { '2025-01-01': 'bronze' } });
    const unlisted = await newDeal(bronze);
    const amountless = await newDeal();
    const settlesAt = new Date(money.clock.now().getTime() + 1_000);
    await t1.win(database.db, unlisted, { amountMinor: 1_000_000n });
    await t1.win(database.db, amountless, { amountMinor: 1_000_000n, settlesAt });
    await computeUntilIdle(money);
    await t1.changeAmount(database.db, amountless, null);
    money.clock.set(settlesAt);
    await computeUntilIdle(money);

    const held = await listHeld(database.db, 10);
    expect(held.map(({ dealId, reason }) => [dealId, reason]).sort()).toEqual(
      [
        [unlisted, 'tier-not-in-plan'],
        [amountless, 'amount-missing'],
      ].sort(),
    );
    expect(await entriesOf(amountless)).toHaveLength(1);
    expect(await triggersOf(amountless)).toEqual([]);

    await t1.changeAmount(database.db, amountless, 1_000_000n);
    await computeUntilIdle(money);
    money.clock.advance(120_000);
    await computeUntilIdle(money);
    expect(await triggersOf(amountless)).toEqual([['triggered', 120_000n]]);
  });

  it('goes by the tier of the day of the win, not of today', async () => {
    const risen = await t1.seedPartner(database.db, {
      key: 'risen',
      tiers: { '2025-01-01': 'silver', '2026-03-01': 'platinum' },
    });
    const before = await newDeal(risen);
    const after = await newDeal(risen);
    await t1.win(database.db, before, { amountMinor: 100_000n, wonAt: new Date('2026-02-28T23:59:59.999Z') });
    await t1.win(database.db, after, { amountMinor: 100_000n, wonAt: new Date('2026-03-01T00:00:00Z') });
    await computeUntilIdle(money);
    expect((await entriesOf(before))[0]?.amount).toBe(8_000n);
    expect((await entriesOf(after))[0]?.amount).toBe(15_000n);
  });

  it('moves the commission when the deal turns out to be another partner’s', async () => {
    const other = await t1.seedPartner(database.db, { key: 'other', tiers: { '2025-01-01': 'silver' } });
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n });
    await computeUntilIdle(money);
    await database.db.query('UPDATE deals SET partner_id = $2 WHERE id = $1', [deal, other.id]);
    await t1.nudge(database.db, deal);
    await computeUntilIdle(money);
    const entries = await entriesOf(deal);
    const sums = entries.map(({ partner, amount }) => [partner, amount]);
    expect(sums).toContainEqual([gold.id, -120_000n]);
    expect(sums).toContainEqual([other.id, 80_000n]);
  });

  it('does not let one deal that cannot be computed stop the others', async () => {
    const poison = await newDeal();
    const healthy = await newDeal();
    await t1.win(database.db, poison, { amountMinor: 1_000_000n });
    await t1.win(database.db, healthy, { amountMinor: 1_000_000n });
    const failing: MoneyTest = {
      ...money,
      context: {
        ...money.context,
        commissionOutputs: {
          entriesPosted: (tx, entries) =>
            entries.some((entry) => entry.dealId === poison)
              ? Promise.reject(new Error('poisoned'))
              : money.context.commissionOutputs.entriesPosted(tx, entries),
        },
      },
    };
    await computeCommissions(failing.context);
    expect(await entriesOf(healthy)).toHaveLength(1);
    expect(await entriesOf(poison)).toEqual([]);
    const [due] = await database.db.query<{ error: string; waiting: boolean }>(
      `SELECT last_error ->> 'plain' AS error, due_at > $2 AS waiting FROM commission_due WHERE deal_id = $1`,
      [poison, money.clock.now()],
    );
    expect(due).toEqual({ error: 'poisoned', waiting: true });

    money.clock.advance(3_600_000);
    await computeUntilIdle(money);
    expect(await entriesOf(poison)).toHaveLength(1);
  });

  it('keeps a deal due when it changed while it was being computed', async () => {
    const deal = await newDeal();
    await t1.win(database.db, deal, { amountMinor: 1_000_000n });
    const { db, clock, commissionOutputs } = money.context;
    const claim = await claimCommissionDue(db, 10, clock.now());
    await t1.nudge(db, deal);
    await computeDeals({ db, clock, outputs: commissionOutputs }, claim.token, claim.deals);
    const [due] = await database.db.query<{ due: boolean; seen: bigint }>(
      'SELECT due_at IS NOT NULL AS due, seen_seq AS seen FROM commission_due WHERE deal_id = $1',
      [deal],
    );
    expect(due).toEqual({ due: true, seen: 1n });
    await computeUntilIdle(money);
    money.clock.advance(2_000);
    await computeUntilIdle(money);
    expect(await entriesOf(deal)).toHaveLength(1);
    expect(await triggersOf(deal)).toEqual([['triggered', 120_000n]]);
  });

  it('computes every entry again from what it stores, to the same minor units', async () => {
    const { checked, discrepancies } = await recomputeLedger(database.db);
    expect(checked).toBeGreaterThan(10);
    expect(discrepancies).toEqual([]);
  });

  it('keeps no personal data in the ledger', async () => {
    const rows = await database.db.query<{ text: string }>(
      `SELECT concat(inputs::text, trace::text, explanation) AS text FROM commission_entries`,
    );
    for (const { text } of rows) expect(text).not.toMatch(/example\.com|Partner /);
  });
});

describe('a hold for want of a tier', () => {
  it('is lifted by recording one that covers the day of the win, and by no other', async () => {
    const newcomer = await t1.seedPartner(database.db, { key: 'newcomer', tiers: {} });
    const deal = await newDeal(newcomer);
    await t1.win(database.db, deal, { amountMinor: 1_000_000n, wonAt: new Date('2026-04-01T00:00:00Z') });
    await computeUntilIdle(money);
    await t1.seedTier(database.db, newcomer.id, '2026-04-02', 'platinum');
    await computeUntilIdle(money);
    expect(await entriesOf(deal)).toEqual([]);
    await t1.seedTier(database.db, newcomer.id, '2026-03-01', 'gold');
    await computeUntilIdle(money);
    expect((await entriesOf(deal)).map((entry) => entry.amount)).toEqual([120_000n]);
  });
});

describe('a hold for want of a plan', () => {
  it('is lifted by publishing one', async () => {
    const fresh = await createTestDatabase();
    try {
      const test = moneyTest(fresh.db);
      await t1.seedConnection(fresh.db);
      const partner = await t1.seedPartner(fresh.db, { key: 'gold', tiers: { '2025-01-01': 'gold' } });
      const deals = await t1.seedDeals(fresh.db, partner, 3);
      await t1.winAll(fresh.db, deals, 1_000_000n);
      await computeUntilIdle(test);
      expect((await listHeld(fresh.db, 10)).map((held) => held.reason)).toEqual(
        Array(3).fill('no-plan-in-effect'),
      );

      await publishDefaultPlan(fresh.db, test.clock);
      await computeUntilIdle(test);
      expect(await listHeld(fresh.db, 10)).toEqual([]);
      expect(await fresh.db.query('SELECT 1 FROM payout_triggers')).toHaveLength(3);
    } finally {
      await fresh.drop();
    }
  });
});
