/** What we last sent of each deal, field by field. What the CRM was last seen to hold is the record's stored snapshot. */
import type { Fields, FieldValue } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

/** A value of the registration and where it came from: `deal.amount` = '5000.00'. */
export interface Offer {
  from: string;
  v: FieldValue;
  /** Of a contact's field: which contact. */
  id?: string;
}
export type Offers = Record<string, Offer>;

export interface SentFields {
  dealId: string;
  fields: Fields;
  /** What of the registration the fields that are (or become) the rep's were given. */
  offers: Offers;
  /** The record was created with these: whatever was remembered of an earlier one is forgotten. */
  created: boolean;
  /** The field that the CRM computes from the record's products was left out; `fields` holds what it would have got. */
  withheld?: boolean;
  /** An earlier run sent them, and perhaps could not say so: what is remembered already stays as it is. */
  sentBefore?: boolean;
}

/** Remembers what a batch wrote, in the transaction that records its outcomes. One statement. */
export async function rememberSent(
  tx: Sql,
  connectionId: string,
  sent: readonly SentFields[],
  now: Date,
): Promise<void> {
  if (sent.length === 0) return;
  const rows = sent.map(({ dealId, fields, offers, created, withheld = false, sentBefore = false }) => ({
    dealId,
    fields: Object.fromEntries(Object.entries(fields).map(([field, v]) => [field, { v, at: now }])),
    names: Object.keys(fields),
    offers,
    created,
    withheld,
    sentBefore,
    values: Object.fromEntries(Object.entries(fields).map(([field, v]) => [field, { v }])),
  }));
  await tx.query(
    `INSERT INTO field_memory AS f (deal_id, connection_id, revision, sent, unread, offered, summed, updated_at)
     SELECT w."dealId", $1, 1, w.fields, ARRAY(SELECT jsonb_array_elements_text(w.names)), w.offers, w.withheld, $3
       FROM jsonb_to_recordset($2::jsonb)
         AS w("dealId" uuid, fields jsonb, names jsonb, offers jsonb, created boolean, withheld boolean, "sentBefore" boolean, values jsonb)
      WHERE NOT w.created
        AND NOT (w."sentBefore" AND EXISTS (SELECT 1 FROM field_memory k
                  WHERE k.deal_id = w."dealId" AND k.connection_id = $1 AND k.sent @> w.values))
      ORDER BY w."dealId"
     ON CONFLICT (deal_id, connection_id) DO UPDATE
        SET revision = f.revision + 1, sent = f.sent || excluded.sent, offered = f.offered || excluded.offered,
            summed = f.summed OR excluded.summed, unread = ARRAY(SELECT DISTINCT unnest(f.unread || excluded.unread)), updated_at = excluded.updated_at`,
    [connectionId, jsonText(rows), now],
  );
  await rememberCreated(tx, connectionId, jsonText(rows.filter((row) => row.created)), now);
}

async function rememberCreated(tx: Sql, connectionId: string, rows: string, now: Date): Promise<void> {
  if (rows === '[]') return;
  await tx.query(
    `INSERT INTO field_memory AS f (deal_id, connection_id, revision, sent, unread, offered, updated_at)
     SELECT w."dealId", $1, 1, w.fields, ARRAY(SELECT jsonb_array_elements_text(w.names)), w.offers, $3
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, fields jsonb, names jsonb, offers jsonb) ORDER BY w."dealId"
     ON CONFLICT (deal_id, connection_id) DO UPDATE
        SET revision = f.revision + 1, sent = excluded.sent, offered = excluded.offered, unread = excluded.unread,
            differing = '{}', restored = '{}', handed_over = '{}', summed = false, updated_at = excluded.updated_at`,
    [connectionId, rows, now],
  );
}

/** Fields of ours that somebody changed: which value was put back, and how often. */
export type Restored = Record<string, { v: FieldValue; times: number }>;

export interface FieldMemory {
  dealId: string;
  revision: number;
  sent: Record<string, { v: FieldValue; at: string }>;
  unread: string[];
  differing: Fields;
  restored: Restored;
  offered: Offers;
  handedOver: string[];
  /** The record's products held the summed field when it was last looked at, or written. */
  summed: boolean;
}

const columns = `f.deal_id AS "dealId", f.revision, f.sent, f.unread, f.differing, f.restored, f.offered, f.summed,
  f.handed_over AS "handedOver"`;

/** By deal id; deals that were never written are absent. */
export async function loadMemories(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<Map<string, FieldMemory>> {
  if (dealIds.length === 0) return new Map();
  // Looked up by key, deal by deal: with statistics from before a large import the planner would read the whole table.
  const rows = await sql.query<FieldMemory>(
    `SELECT ${columns} FROM unnest($2::uuid[]) AS wanted(id)
      CROSS JOIN LATERAL (SELECT * FROM field_memory WHERE deal_id = wanted.id AND connection_id = $1 OFFSET 0) f`,
    [connectionId, dealIds],
  );
  return new Map(rows.map((row) => [row.dealId, row]));
}

/**
 * Which revision each record has before it is read, by CRM id. A record that is being written right now has none: what is
 * read of it may be from before or after. Applied later, a read counts only where the revision is still the same.
 */
export async function readRevisions(
  sql: Sql,
  connectionId: string,
  crmIds: readonly string[],
): Promise<Map<string, number>> {
  if (crmIds.length === 0) return new Map();
  const rows = await sql.query<{ crm_id: string; revision: number }>(
    `SELECT m.crm_id, f.revision FROM unnest($2::text[]) AS wanted(id)
      CROSS JOIN LATERAL (SELECT deal_id, crm_id FROM mirrors
                           WHERE connection_id = $1 AND crm_id = wanted.id AND NOT suspect OFFSET 0) m
       JOIN field_memory f ON f.deal_id = m.deal_id AND f.connection_id = $1`,
    [connectionId, crmIds],
  );
  return new Map(rows.map((row) => [row.crm_id, row.revision]));
}
