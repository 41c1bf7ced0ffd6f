/**
 * Deals and wins as the observation side (T1) leaves them: an epoch changed, its revision raised and the deal's
 * commission made due, in one transaction that holds the deal.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Sql } from '../../src/platform/database/database.ts';

export interface SeededPartner {
  id: string;
  key: string;
}

export const CONNECTION = 'crm-1';
const AT = new Date('2026-01-01T00:00:00Z');

export async function seedConnection(db: Database): Promise<void> {
  await db.query(
    `INSERT INTO connections (id, vendor, label, settings, is_sandbox, mode, created_at)
     VALUES ($1, 'sandbox', 'CRM', '{}', true, 'live', $2)`,
    [CONNECTION, AT],
  );
}

export async function seedPartner(
  db: Database,
  partner: { key: string; email?: string; country?: string; tiers: Readonly<Record<string, string>> },
): Promise<SeededPartner> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO partners (id, key, name, email, country, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
    [id, partner.key, `Partner ${partner.key}`, partner.email ?? null, partner.country ?? null, AT],
  );
  for (const [from, tier] of Object.entries(partner.tiers)) await seedTier(db, id, from, tier);
  return { id, key: partner.key };
}

export async function seedTier(db: Sql, partnerId: string, from: string, tier: string): Promise<void> {
  await db.query(
    'INSERT INTO partner_tiers (partner_id, effective_from, tier, recorded_at) VALUES ($1, $2, $3, $4)',
    [partnerId, from, tier, AT],
  );
}

/** Approved deals of one partner, not won yet. @returns their ids, sorted */
export async function seedDeals(db: Database, partner: SeededPartner, count: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `INSERT INTO deals (id, source, source_ref, partner_id, name, company_name, currency, status, version,
       registered_at, updated_at)
     SELECT gen_random_uuid(), 'test', $1 || '-' || n, $2, 'Deal ' || n, 'Company ' || n, 'USD', 'approved', 1, $3, $3
     FROM generate_series(1, $4) n RETURNING id`,
    [partner.key, partner.id, AT, count],
  );
  return rows.map((row) => row.id).sort();
}

export interface Win {
  amountMinor: bigint | null;
  currency?: string;
  wonAt?: Date;
  settlesAt?: Date;
  earnsNothingBecause?: string;
}

/** The deal was won: a new live epoch. @returns its number */
export async function win(db: Database, dealId: string, won: Win): Promise<number> {
  return changeDeal(db, dealId, async (tx) => {
    const [last] = await tx.query<{ epoch: number | null }>(
      'SELECT max(epoch) AS epoch FROM won_epochs WHERE deal_id = $1',
      [dealId],
    );
    const epoch = (last?.epoch ?? 0) + 1;
    const wonAt = won.wonAt ?? AT;
    await tx.query(
      `INSERT INTO won_epochs (deal_id, epoch, connection_id, crm_id, history_id, won_at, amount_minor, currency, live,
         settles_at, earns_nothing_because, updated_at)
       VALUES ($1, $2, $3, $4, $4, $5, $6, $7, true, $8, $9, $5)`,
      [
        dealId,
        epoch,
        CONNECTION,
        `${dealId}-${epoch}`,
        wonAt,
        won.amountMinor,
        won.currency ?? 'USD',
        won.settlesAt ?? wonAt,
        won.earnsNothingBecause ?? null,
      ],
    );
    return epoch;
  });
}

/** Every deal won at once, without a transaction per deal. */
export async function winAll(db: Database, dealIds: readonly string[], amountMinor: bigint): Promise<void> {
  await db.query(
    `INSERT INTO won_epochs (deal_id, epoch, connection_id, crm_id, history_id, won_at, amount_minor, currency, live,
       settles_at, updated_at)
     SELECT id, 1, $2, id::text, id::text, $3, $4, 'USD', true, $3, $3 FROM unnest($1::uuid[]) id`,
    [dealIds, CONNECTION, AT, amountMinor],
  );
  await db.query(
    `INSERT INTO commission_due (deal_id, due_seq, due_at, updated_at) SELECT id, 1, $2, $2 FROM unnest($1::uuid[]) id`,
    [dealIds, AT],
  );
}

export async function reopen(db: Database, dealId: string): Promise<void> {
  await changeDeal(db, dealId, (tx) =>
    tx.query(
      `UPDATE won_epochs SET live = false, ended_by = 'reopened', ended_at = $2, revision = revision + 1
       WHERE deal_id = $1 AND live`,
      [dealId, AT],
    ),
  );
}

/** The latest epoch lives again, as after a record was deleted and restored. */
export async function revive(db: Database, dealId: string): Promise<void> {
  await changeDeal(db, dealId, (tx) =>
    tx.query(
      `UPDATE won_epochs SET live = true, ended_by = NULL, ended_at = NULL, revision = revision + 1
       WHERE deal_id = $1 AND NOT live AND epoch = (SELECT max(epoch) FROM won_epochs WHERE deal_id = $1)`,
      [dealId],
    ),
  );
}

export async function changeAmount(
  db: Database,
  dealId: string,
  amountMinor: bigint | null,
  currency = 'USD',
): Promise<void> {
  await changeDeal(db, dealId, (tx) =>
    tx.query(
      `UPDATE won_epochs SET amount_minor = $2, currency = $3, revision = revision + 1 WHERE deal_id = $1 AND live`,
      [dealId, amountMinor, currency],
    ),
  );
}

/** The products of the live win changed, and with them the amount. */
export async function changeLines(
  db: Database,
  dealId: string,
  amountMinor: bigint,
  lines: readonly object[],
): Promise<void> {
  await changeDeal(db, dealId, (tx) =>
    tx.query(
      `UPDATE won_epochs SET amount_minor = $2, lines = $3, revision = revision + 1 WHERE deal_id = $1 AND live`,
      [dealId, amountMinor, JSON.stringify(lines)],
    ),
  );
}

/** Due again without any change, as after a duplicate notification. */
export async function nudge(db: Database, dealId: string): Promise<void> {
  await changeDeal(db, dealId, () => Promise.resolve());
}

async function changeDeal<T>(db: Database, dealId: string, change: (tx: Sql) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM deals WHERE id = $1 FOR UPDATE', [dealId]);
    const result = await change(tx);
    await tx.query(
      `INSERT INTO commission_due AS c (deal_id, due_seq, due_at, updated_at) VALUES ($1, 1, $2, $2)
       ON CONFLICT (deal_id) DO UPDATE SET due_seq = c.due_seq + 1, due_at = $2, attempts = 0`,
      [dealId, AT],
    );
    return result;
  });
}
