import type { Fields, FieldValue } from '../crm/connector.ts';
import { sameValue } from '../mapping/same-value.ts';
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import type { FieldMemory, Offers } from './field-memory.ts';
import type { LateEdit, LateEdits } from './late-edits.ts';

export interface DealEdits {
  memory: FieldMemory;
  edits: LateEdits;
  contactId: string | null;
  /** The customer's name, for values that are only a record's id. */
  company: string;
}

interface OpenProposal {
  id: bigint;
  deal_id: string;
  record: string;
  field: string;
  proposed: FieldValue;
}

interface Changes {
  superseded: { id: string; note: string }[];
  inserted: object[];
  offers: { dealId: string; offers: Offers }[];
}

/**
 * Makes what partners changed in fields of the rep into proposals, for a batch of deals. Told again what is known already,
 * it changes nothing; a newer edit takes an older one's place, and one that was taken back is over.
 */
export async function storeLateEdits(
  db: Database,
  connectionId: string,
  deals: readonly DealEdits[],
  now: Date,
): Promise<void> {
  if (deals.length === 0) return;
  const open = await openProposals(db, connectionId, deals);
  if (open.length === 0 && deals.every(({ edits }) => isNothing(edits))) return;
  const held = await heldByCrm(db, connectionId, deals);
  const changes = compare(deals, open, held);
  if (changes.superseded.length + changes.inserted.length + changes.offers.length === 0) return;
  await db.transaction(async (tx) => {
    await supersede(tx, changes.superseded, now);
    await insertProposals(tx, connectionId, changes.inserted, now);
    await rememberOffers(tx, connectionId, changes.offers, now);
    await tellWhatWaits(tx, connectionId, now);
  });
}

function isNothing({ changed, unknown }: LateEdits): boolean {
  return changed.length === 0 && Object.keys(unknown).length === 0;
}

function openProposals(sql: Sql, connectionId: string, deals: readonly DealEdits[]): Promise<OpenProposal[]> {
  return sql.query<OpenProposal>(
    `SELECT id, deal_id, record, field, proposed FROM field_proposals
      WHERE deal_id = ANY($2::uuid[]) AND connection_id = $1 AND state = 'open'`,
    [connectionId, deals.map(({ memory }) => memory.dealId)],
  );
}

/** What the CRM was last seen to hold, by deal; only of deals with a change. */
async function heldByCrm(
  sql: Sql,
  connectionId: string,
  deals: readonly DealEdits[],
): Promise<Map<string, Fields>> {
  const changed = deals.filter(({ edits }) => edits.changed.length > 0);
  if (changed.length === 0) return new Map();
  const rows = await sql.query<{ deal_id: string; snapshot: Fields | null }>(
    `SELECT m.deal_id, o.snapshot FROM mirrors m
       JOIN observed_records o ON o.connection_id = m.connection_id AND o.crm_id = m.crm_id
      WHERE m.connection_id = $1 AND m.deal_id = ANY($2::uuid[])`,
    [connectionId, changed.map(({ memory }) => memory.dealId)],
  );
  return new Map(rows.map((row) => [row.deal_id, row.snapshot ?? {}]));
}

function compare(
  deals: readonly DealEdits[],
  open: readonly OpenProposal[],
  held: ReadonlyMap<string, Fields>,
): Changes {
  const changes: Changes = { superseded: [], inserted: [], offers: [] };
  for (const deal of deals) {
    const offers = { ...deal.edits.unknown };
    const standing = open.filter((proposal) => proposal.deal_id === deal.memory.dealId);
    for (const edit of deal.edits.changed) {
      const known = standing.find(({ record, field }) => record === edit.record && field === edit.field);
      const seen = edit.record === 'deal' ? held.get(deal.memory.dealId)?.[edit.field] : undefined;
      if (seen !== undefined && sameValue(seen, edit.proposed)) {
        offers[edit.key] = edit.offer;
        if (known) supersedeOne(changes, known, 'The CRM holds this value already.');
      } else if (!known) changes.inserted.push(toRow(deal, edit, seen));
      else if (!sameValue(known.proposed, edit.proposed)) {
        supersedeOne(changes, known, 'The partner changed it again.');
        changes.inserted.push(toRow(deal, edit, seen));
      }
    }
    for (const known of standing) {
      const isStill = deal.edits.changed.some(
        ({ record, field }) => record === known.record && field === known.field,
      );
      if (!isStill) supersedeOne(changes, known, 'The partner took it back.');
    }
    if (Object.keys(offers).length > 0) changes.offers.push({ dealId: deal.memory.dealId, offers });
  }
  return changes;
}

function supersedeOne(changes: Changes, proposal: OpenProposal, note: string): void {
  changes.superseded.push({ id: String(proposal.id), note });
}

function toRow(
  { memory, contactId, company }: DealEdits,
  edit: LateEdit,
  seen: FieldValue | undefined,
): object {
  const { record, field, key, offer, proposed } = edit;
  const lastKnown = record === 'deal' ? memory.sent[field]?.v : memory.offered[key]?.v;
  return {
    dealId: memory.dealId,
    record,
    crmId: record === 'contact' ? contactId : null,
    field,
    source: offer.from,
    offer: [offer],
    held: [seen ?? lastKnown ?? null],
    proposed: [proposed],
    text: offer.from === 'refs.account' ? company : null,
  };
}

async function supersede(
  tx: Sql,
  superseded: readonly { id: string; note: string }[],
  now: Date,
): Promise<void> {
  if (superseded.length === 0) return;
  await tx.query(
    `UPDATE field_proposals p SET state = 'superseded', note = w.note, decided_at = $2
       FROM jsonb_to_recordset($1::jsonb) AS w(id bigint, note text) WHERE p.id = w.id AND p.state = 'open'`,
    [jsonText(superseded), now],
  );
}

/** Who changed it, and when, stands in the deal's own history. */
async function insertProposals(
  tx: Sql,
  connectionId: string,
  rows: readonly object[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO field_proposals
       (deal_id, connection_id, record, crm_id, field, source, offer, held, proposed, proposed_text, state, proposed_by, proposed_at)
     SELECT w."dealId", $1, w.record, w."crmId", w.field, w.source, w.offer->0, w.held->0, w.proposed->0, w.text, 'open',
            coalesce(edit.actor, 'unknown'), coalesce(edit.occurred_at, $3)
       FROM jsonb_to_recordset($2::jsonb)
         AS w("dealId" uuid, record text, "crmId" text, field text, source text, offer jsonb, held jsonb, proposed jsonb, text text)
       LEFT JOIN LATERAL (SELECT actor, occurred_at FROM deal_events e
                           WHERE e.deal_id = w."dealId" AND e.kind = 'changed' ORDER BY e.id DESC LIMIT 1) edit ON true
     ON CONFLICT (deal_id, connection_id, record, field) WHERE state = 'open' DO NOTHING`,
    [connectionId, jsonText(rows), now],
  );
}

/** What a field was last asked about: an edit that was decided is no edit any more. */
export async function rememberOffers(
  tx: Sql,
  connectionId: string,
  rows: readonly { dealId: string; offers: Offers }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `UPDATE field_memory f SET offered = f.offered || w.offers, updated_at = $3
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, offers jsonb)
      WHERE f.deal_id = w."dealId" AND f.connection_id = $1`,
    [connectionId, jsonText(rows), now],
  );
}

const card = { kind: 'late-edits', subject: 'proposals' };

/** One card per connection for all that waits for a decision. */
export async function tellWhatWaits(tx: Sql, connectionId: string, now: Date): Promise<void> {
  const rows = await tx.query<{ count: number; deals: number }>(
    `SELECT count(*)::int AS count, count(DISTINCT deal_id)::int AS deals FROM field_proposals
      WHERE connection_id = $1 AND state = 'open'`,
    [connectionId],
  );
  const { count = 0, deals = 0 } = rows[0] ?? {};
  if (count === 0) {
    await closeCards(tx, { connectionId, ...card }, now);
    return;
  }
  const plain = `Partners changed ${count} ${count === 1 ? 'field' : 'fields'} of ${deals} ${deals === 1 ? 'deal' : 'deals'} that belong to the sales team by now; nothing was written.`;
  const nextStep = 'Look at them and accept or decline each: tributary proposals list.';
  await openCard(tx, { connectionId, ...card, plain, nextStep }, now);
}
