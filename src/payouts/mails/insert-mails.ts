import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import type { AnnouncedEntry } from '../announced-entry.ts';
import type { Parties } from '../load-parties.ts';
import { composeMail } from './compose-mail.ts';

/** Writes one mail per entry to its partner, unique per entry. A partner without an address: parked, so it is seen. */
export async function insertMails(
  tx: Sql,
  clock: Clock,
  entries: readonly AnnouncedEntry[],
  parties: Parties,
): Promise<void> {
  const rows = entries.map((entry) => {
    const partner = parties.partner(entry.partnerId);
    const { subject, body } = composeMail(entry, parties.deal(entry.dealId), partner);
    const recipient = partner.email === null || partner.email === '' ? null : partner.email;
    return { id: newId(clock), entryId: entry.id, partnerId: entry.partnerId, recipient, subject, body };
  });
  await tx.query(
    `INSERT INTO mails (id, entry_id, partner_id, recipient, subject, body, state, created_at, due_at, parked_at,
       last_error)
     SELECT id, "entryId", "partnerId", recipient, subject, body,
       CASE WHEN recipient IS NULL THEN 'parked' ELSE 'due' END, $2::timestamptz,
       CASE WHEN recipient IS NOT NULL THEN $2::timestamptz END, CASE WHEN recipient IS NULL THEN $2::timestamptz END,
       CASE WHEN recipient IS NULL THEN '{"plain": "the partner has no e-mail address"}'::jsonb END
     FROM jsonb_to_recordset($1::jsonb) AS m(id uuid, "entryId" uuid, "partnerId" uuid, recipient text, subject text,
       body text)`,
    [JSON.stringify(rows), clock.now()],
  );
}
