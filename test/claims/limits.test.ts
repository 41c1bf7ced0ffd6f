import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimCommissionDue } from '../../src/commissions/claim-due.ts';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { claimDueDeals } from '../../src/mirror/claim-deals.ts';
import { claimDueReferences } from '../../src/mirror/claim-references.ts';
import { claimDueRecords } from '../../src/observations/claim-records.ts';
import { claimMessages } from '../../src/payouts/claim-messages.ts';
import { newSigningSecret, registerEndpoint } from '../../src/payouts/endpoints.ts';
import { claimMails } from '../../src/payouts/mails/claim-mails.ts';
import type { Sql } from '../../src/platform/database/database.ts';
import { addConnection, addDueDeals, addObservedRecord, addReference, now } from '../fixtures/rows.ts';
import { computeUntilIdle, moneyTest } from '../money/money-context.ts';
import { nudge, seedConnection, seedDeals, seedPartner, winAll } from '../money/won-deals.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';

const rows = 12;
const limit = 5;
const later = new Date('2026-07-01T00:00:00Z');
let test: TestDatabase;
let connection: string;
/** Deals wait a moment for references to fill their batch, so theirs is a connection without any. */
let dealsOnly: string;
let endpointId: string;

beforeAll(async () => {
  test = await createTestDatabase();
  connection = await addConnection(test.db);
  for (let index = 0; index < rows; index++) {
    await addObservedRecord(test.db, connection, `r${index}`);
    await addReference(test.db, connection, `domain:company-${index}.com`);
  }
  dealsOnly = await addConnection(test.db);
  await addDueDeals(test.db, dealsOnly, rows);
  await addMoney();
});
afterAll(() => test.drop());

/** Won deals with a message and a mail each, and their commission due again. */
async function addMoney(): Promise<void> {
  const money = moneyTest(test.db);
  await seedConnection(test.db);
  await publishDefaultPlan(test.db, money.clock);
  const endpoint = {
    label: 'receiver',
    url: 'https://payouts.example/hook',
    types: ['payout.triggered'] as const,
    secret: newSigningSecret(),
  };
  const { context, clock } = money;
  endpointId = (
    await registerEndpoint({ db: test.db, clock, keyring: context.keyring, allowHttp: false }, endpoint)
  ).id;
  const partner = await seedPartner(test.db, {
    key: 'p',
    email: 'p@example.com',
    tiers: { '2025-01-01': 'gold' },
  });
  const deals = await seedDeals(test.db, partner, rows);
  await winAll(test.db, deals, 100_000n);
  await computeUntilIdle(money);
  for (const deal of deals) await nudge(test.db, deal);
}

const size = { most: limit, batch: limit };
const claims: Record<string, (tx: Sql) => Promise<readonly unknown[]>> = {
  deals: async (tx) => (await claimDueDeals(tx, dealsOnly, size, now)).mirrors,
  references: async (tx) => (await claimDueReferences(tx, connection, 'account', size, now)).references,
  records: async (tx) => (await claimDueRecords(tx, connection, limit, 60_000, now)).records,
  commissions: async (tx) => (await claimCommissionDue(tx, limit, later)).deals,
  messages: async (tx) => (await claimMessages(tx, endpointId, limit, later)).messages,
  mails: async (tx) => (await claimMails(tx, limit, later)).mails,
};

describe('a claim of at most five of twelve due rows', () => {
  // On tables without statistics PostgreSQL may read the rows to be claimed once per row that it updates, and each time
  // they are five others. A batch larger than a CRM takes is refused as a whole.
  it.each(Object.entries(claims))('of %s takes five, whatever the plan', async (_name, claim) => {
    const taken = await test.db.transaction(async (tx) => {
      for (const setting of ['hashjoin', 'mergejoin', 'material', 'hashagg', 'sort'])
        await tx.query(`SET LOCAL enable_${setting} = off`);
      return claim(tx);
    });
    expect(taken).toHaveLength(limit);
  });
});
