import type { Sql } from '../platform/database/database.ts';

/** A tier that would rewrite history: what was computed with the old one could no longer be explained. */
export class TierAlreadySet extends Error {
  constructor(key: string, tier: string, from: string) {
    super(`The tier of "${key}" on ${from} was already set to "${tier}"; a change needs a later first day.`);
    this.name = 'TierAlreadySet';
  }
}

/** The tier that held on a day ('YYYY-MM-DD'), null before the first. */
export async function tierOn(sql: Sql, partnerId: string, day: string): Promise<string | null> {
  const rows = await sql.query<{ tier: string }>(
    `SELECT tier FROM partner_tiers WHERE partner_id = $1 AND effective_from <= $2::date
      ORDER BY effective_from DESC LIMIT 1`,
    [partnerId, day],
  );
  return rows[0]?.tier ?? null;
}

/**
 * Adds a tier to the history. The tier that already holds on that day is no change. Days that had no tier may be
 * given one late; a day in the past that had one keeps it, and so does today once a tier was set for today. A tier
 * still to come may be changed.
 * @throws TierAlreadySet
 */
export async function addTier(
  tx: Sql,
  partner: { id: string; key: string },
  tier: string,
  from: string,
  now: Date,
): Promise<void> {
  const today = now.toISOString().slice(0, 10);
  const held = await tierOn(tx, partner.id, from);
  if (held === tier) return;
  if (held !== null && from < today) throw new TierAlreadySet(partner.key, held, from);
  const [written] = await tx.query(
    `INSERT INTO partner_tiers AS t (partner_id, effective_from, tier, recorded_at) VALUES ($1, $2::date, $3, $4)
     ON CONFLICT (partner_id, effective_from) DO UPDATE SET tier = excluded.tier, recorded_at = excluded.recorded_at
       WHERE t.effective_from > $5::date
     RETURNING effective_from`,
    [partner.id, from, tier, now, today],
  );
  if (written === undefined) throw new TierAlreadySet(partner.key, held ?? '', from);
}
