import type { Sql } from '../platform/database/database.ts';
import type { NewEntry } from './difference.ts';

/**
 * Posts entries in one statement. Rejects with a unique violation when another computation posted the same
 * revision first: the whole transaction then has to start over.
 */
export async function insertEntries(tx: Sql, entries: readonly NewEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `INSERT INTO commission_entries (id, deal_id, epoch, partner_id, line, component, revision, epoch_revision, kind,
       amount_minor, target_minor, currency, plan_id, inputs, trace, explanation, corrects, won_at, posted_at)
     SELECT id, "dealId", epoch, "partnerId", line, component, revision, "epochRevision", kind, "amountMinor",
       "targetMinor", currency, "planId", inputs, trace, explanation, corrects, "wonAt", "postedAt"
     FROM jsonb_to_recordset($1::jsonb) AS e(id uuid, "dealId" uuid, epoch int, "partnerId" uuid, line text,
       component text, revision int, "epochRevision" int, kind text, "amountMinor" bigint, "targetMinor" bigint,
       currency text, "planId" uuid, inputs jsonb, trace jsonb, explanation text, corrects uuid,
       "wonAt" timestamptz, "postedAt" timestamptz)`,
    [JSON.stringify(entries, bigintAsText)],
  );
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
