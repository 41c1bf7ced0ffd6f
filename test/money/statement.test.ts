import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { readBalances } from '../../src/ledger/balances.ts';
import { atOneMoment } from '../../src/ledger/statement/at-one-moment.ts';
import { PeriodName } from '../../src/ledger/statement/period.ts';
import { readHead, readLines } from '../../src/ledger/statement/read-statement.ts';
import { writeStatement, type StatementFormat } from '../../src/ledger/statement/write-statement.ts';
import { openDatabase, type Sql } from '../../src/platform/database/database.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest } from './money-context.ts';
import type { MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

let database: TestDatabase;
let money: MoneyTest;
let partner: t1.SeededPartner;
let deals: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  partner = await t1.seedPartner(database.db, {
    key: 'gold',
    country: 'DE',
    tiers: { '2025-03-01': 'Gold' },
  });
  deals = await t1.seedDeals(database.db, partner, 3);
});
afterEach(() => database.drop());

/** June: two wins, one of them paid out. July: that one grows, the other is reopened, a third is won. */
async function twoMonths(): Promise<void> {
  const [first = '', second = '', third = ''] = deals;
  await t1.win(database.db, first, { amountMinor: 1_000_000n });
  await t1.win(database.db, second, { amountMinor: 500_050n, settlesAt: new Date('2026-12-31T00:00:00Z') });
  await computeUntilIdle(money);
  money.clock.set(new Date('2026-07-10T08:00:00Z'));
  await t1.changeAmount(database.db, first, 900_000n);
  await t1.reopen(database.db, second);
  await t1.win(database.db, third, { amountMinor: 200_000n, currency: 'EUR' });
  await computeUntilIdle(money);
}

async function statement(period: string, format: StatementFormat): Promise<string> {
  const pieces: string[] = [];
  const wanted = { partner: 'gold', period: PeriodName.parse(period), format };
  const isThere = await writeStatement({ db: database.db, clock: money.clock }, wanted, async (text) => {
    pieces.push(text);
  });
  expect(isThere).toBe(true);
  return pieces.join('');
}

const Written = z.object({
  movements: z.array(z.record(z.string(), z.string())),
  lines: z.array(z.object({ kind: z.string(), amount: z.string(), currency: z.string(), deal: z.string() })),
});
const asJson = async (period: string) => Written.parse(JSON.parse(await statement(period, 'json')));

describe('a statement', () => {
  it('shows what was open, earned, changed, taken back and told to pay, month after month', async () => {
    await twoMonths();
    const june = await asJson('2026-06');
    // 12 % of 10,000.00 = 1,200.00; 12 % of 5,000.50 = 600.06, which has not settled.
    expect(june.movements).toEqual([
      {
        ...{ currency: 'USD', opening: '0.00', earned: '1800.06', changed: '0.00', takenBack: '0.00' },
        ...{ triggered: '1200.00', closing: '600.06' },
      },
    ]);
    const july = await asJson('2026-07');
    // 12 % of 9,000.00 is 120.00 less; 600.06 is taken back; 12 % of 2,000.00 EUR = 240.00.
    expect(july.movements).toEqual([
      {
        ...{ currency: 'EUR', opening: '0.00', earned: '240.00', changed: '0.00', takenBack: '0.00' },
        ...{ triggered: '240.00', closing: '0.00' },
      },
      {
        ...{ currency: 'USD', opening: '600.06', earned: '0.00', changed: '-120.00', takenBack: '-600.06' },
        ...{ triggered: '-120.00', closing: '0.00' },
      },
    ]);
    expect(july.lines.map(({ kind, amount }) => `${kind} ${amount}`).sort()).toEqual([
      'accrued 240.00',
      'adjusted -120.00',
      'reversed -600.06',
      'taken-back -120.00',
      'triggered 240.00',
    ]);
  });

  it('equals the ledger to the cent: the lines of all periods are its balances', async () => {
    await twoMonths();
    const { lines } = await asJson('2026');
    const sums = new Map<string, number>();
    for (const { kind, amount, currency } of lines) {
      const account = kind === 'triggered' || kind === 'taken-back' ? 'triggered' : 'commission';
      const cents = Number(amount.replace('.', ''));
      sums.set(`${currency} ${account}`, (sums.get(`${currency} ${account}`) ?? 0) + cents);
    }
    for (const { currency, accounts } of await readBalances(database.db, 'gold')) {
      expect(sums.get(`${currency} triggered`)).toBe(Number(accounts['triggered']?.replace('.', '')));
      expect(sums.get(`${currency} commission`)).toBe(-Number(accounts['commission']?.replace('.', '')));
    }
    const [spring, summer] = [await asJson('2026-Q2'), await asJson('2026-Q3')];
    expect([...spring.lines, ...summer.lines]).toEqual(lines);
  });

  it('is a spreadsheet in which nothing runs: formulas are text, amounts are numbers', async () => {
    await database.db.query(
      `UPDATE deals SET name = '=HYPERLINK("http://evil.example","Deal")', source_ref = '@SUM(A1)' WHERE id = $1`,
      [deals[0]],
    );
    await twoMonths();
    const rows: Record<string, string>[] = parse(await statement('2026-07', 'csv'), { columns: true });
    const changed = rows.find(({ kind }) => kind === 'adjusted');
    expect(changed).toMatchObject({
      deal: `'=HYPERLINK("http://evil.example","Deal")`,
      deal_ref: `'@SUM(A1)`,
      amount: '-120.00',
      currency: 'USD',
      won_on: '2026-01-01',
    });
    expect(rows).toHaveLength(5);
  });

  it('is a page to print, in the partner’s way of writing amounts, with names as text', async () => {
    await database.db.query(`UPDATE deals SET name = '<script>alert(1)</script>' WHERE id = $1`, [deals[0]]);
    await twoMonths();
    const page = await statement('2026-06', 'html');
    expect(page).not.toContain('<script>');
    expect(page).toContain('&#60;script&#62;alert(1)');
    expect(page).toMatch(/1\.200,00\s\$/);
    expect(page).toContain('30 June 2026');
  });

  it('says when there is nothing to show', async () => {
    expect(await statement('2026-06', 'html')).toContain('Nothing was earned or paid out');
    expect(await asJson('2026-06')).toEqual({ movements: [], lines: [] });
    expect(await statement('2026-06', 'csv')).toMatch(/^posted_at,/);
  });

  it('shows one moment: what is posted while it is written is in neither the sums nor the lines', async () => {
    await t1.win(database.db, deals[0] ?? '', { amountMinor: 1_000_000n });
    await computeUntilIdle(money);
    const wanted = { partner: 'gold', period: PeriodName.parse('2026-06'), format: 'json' as const };
    const pieces: string[] = [];
    await writeStatement({ db: database.db, clock: money.clock }, wanted, async (text) => {
      if (pieces.push(text) > 1) return;
      await t1.win(database.db, deals[1] ?? '', { amountMinor: 1_000_000n });
      await computeUntilIdle(money);
    });
    const shown = Written.parse(JSON.parse(pieces.join('')));
    expect(shown.movements).toMatchObject([{ earned: '1200.00' }]);
    expect(shown.lines).toHaveLength(2);
    expect((await asJson('2026-06')).lines).toHaveLength(4);
  });

  it('reads no more than it shows: a page at a time, however long it is', async () => {
    await manyWins(2_500);
    let rows = 0;
    await atOneMoment(database.db, async (tx) => {
      const counting: Sql = {
        query: async <Row>(text: string, params?: readonly unknown[]) => {
          const answer = await tx.query<Row>(text, params);
          rows += answer.length;
          return answer;
        },
      };
      const head = await readHead(counting, 'gold', PeriodName.parse('2026-06'), money.clock.now());
      if (head === null) throw new Error('the partner is there');
      expect(head.lines).toBe(5_000);
      let shown = 0;
      for await (const line of readLines(counting, head)) {
        shown += 1;
        expect(line.currency).toBe('USD');
        expect(rows).toBeLessThanOrEqual(shown + 1_010);
      }
      expect(shown).toBe(5_000);
    });
  });

  it('finds its lines by an index, not among everybody’s', async () => {
    const others = await t1.seedPartner(database.db, { key: 'others', tiers: { '2025-03-01': 'Gold' } });
    await t1.winAll(database.db, await t1.seedDeals(database.db, others, 2_000), 1_000_000n);
    await t1.winAll(database.db, deals, 1_000_000n);
    await computeUntilIdle(money);
    const owner = openDatabase({
      url: database.url,
      maxConnections: 1,
      applicationName: 'owner',
      role: null,
    });
    await owner.query('ANALYZE ledger_postings');
    const plan = await owner.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT 1 FROM ledger_postings l WHERE l.partner_id = '${partner.id}' AND l.account = 'accrued'
          AND l.posted_at >= '2026-06-01' AND l.posted_at < '2026-07-01'`,
    );
    await owner.close();
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('ledger_postings_by_partner');
  });
});

async function manyWins(count: number): Promise<void> {
  const own = await database.db.query<{ id: string }>(
    `INSERT INTO deals (id, source, source_ref, partner_id, name, company_name, currency, status, version, registered_at, updated_at)
     SELECT gen_random_uuid(), 'many', 'many-' || n, $1, 'Deal ' || n, 'Company', 'USD', 'approved', 1, now(), now()
       FROM generate_series(1, $2) n RETURNING id`,
    [partner.id, count],
  );
  await t1.winAll(
    database.db,
    own.map(({ id }) => id),
    1_000_000n,
  );
  await computeUntilIdle(money);
}
