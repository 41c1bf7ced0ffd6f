import type { UnregisteredDeal } from '../../crm/unregistered.ts';
import type { Mapping } from '../../mapping/schema.ts';
import { closeCards, listCards, openCard } from '../../platform/cards/cards.ts';
import type { Sql } from '../../platform/database/database.ts';

export const taggedKind = 'tagged-without-registration';

/** The field by which a partner's deal is known: its lookup first, because a query finds that by an index where one can ask for it. */
export function tagFieldOf(
  { deal }: Pick<Mapping, 'deal'>,
  unsearchable: readonly string[] = [],
): string | null {
  const rows = deal.write.filter((row) => row.when === 'always' && !unsearchable.includes(row.to));
  for (const from of ['refs.partner', 'partner.key', 'partner.name']) {
    const row = rows.find((candidate) => candidate.from === from);
    if (row) return row.to;
  }
  return null;
}

/** A copy takes the partner's tag along. Each such record becomes a card, unless a person has said that it may stay so. */
export async function showTagged(
  tx: Sql,
  connectionId: string,
  object: string,
  found: readonly UnregisteredDeal[],
  now: Date,
): Promise<void> {
  const tagged = found.filter((deal) => deal.tag !== null);
  if (tagged.length === 0) return;
  const settled = await tx.query<{ crm_id: string }>(
    `SELECT crm_id FROM tagged_dismissals WHERE connection_id = $1 AND crm_id = ANY($2)
     UNION ALL SELECT crm_id FROM attachments WHERE connection_id = $1 AND crm_id = ANY($2)
     UNION ALL SELECT crm_id FROM mirrors WHERE connection_id = $1 AND crm_id = ANY($2)`,
    [connectionId, tagged.map((deal) => deal.crmId)],
  );
  const known = new Set(settled.map((row) => row.crm_id));
  for (const { crmId, name, tag } of tagged.filter((deal) => !known.has(deal.crmId))) {
    const card = {
      connectionId,
      kind: taggedKind,
      subject: crmId,
      plain: `${object} ${crmId} "${name}" carries the tag of a partner but no registration: it earns nothing.`,
      nextStep: `If it is a copy, clear the partner fields there, or: tributary tagged dismiss ${connectionId} ${crmId}. If it is the partner's, register it and attach: tributary attach.`,
      details: { name, tag },
    };
    await openCard(tx, card, now);
  }
}

/** Records that a card is open about. */
export async function shownTagged(sql: Sql, connectionId: string, limit: number): Promise<string[]> {
  const cards = await listCards(sql, { connectionId, kind: taggedKind, limit });
  return cards.map((card) => card.subject);
}

/** A person says that the record may keep the tag without a registration. @returns false when no card was open about it */
export async function dismissTagged(
  sql: Sql,
  { connectionId, crmId, by }: { connectionId: string; crmId: string; by: string },
  now: Date,
): Promise<boolean> {
  const closed = await closeCards(sql, { connectionId, kind: taggedKind, subject: crmId }, now);
  if (closed === 0) return false;
  await sql.query(
    `INSERT INTO tagged_dismissals (connection_id, crm_id, dismissed_by, dismissed_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [connectionId, crmId, by, now],
  );
  return true;
}
