import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import { insertMessages } from './insert-messages.ts';
import { loadParties } from './load-parties.ts';
import { toDraft } from './trigger-draft.ts';
import type { PayoutTrigger } from './trigger-draft.ts';

/**
 * Queues the triggers that no endpoint was told of. A trigger is posted whether anybody listens or not; without this
 * it would be lost for an endpoint that comes later.
 */
export async function routeUnsentTriggers(tx: Sql, clock: Clock): Promise<void> {
  const triggers = await tx.query<PayoutTrigger>(
    `SELECT t.id, t.deal_id AS "dealId", t.epoch, t.partner_id AS "partnerId", t.sequence, t.kind,
       t.amount_minor AS "amountMinor", t.currency, t.explanation,
       (SELECT array_agg(c.entry_id::text ORDER BY c.entry_id) FROM payout_trigger_entries c
        WHERE c.trigger_id = t.id) AS "entryIds"
     FROM payout_triggers t WHERE NOT EXISTS (SELECT FROM messages m WHERE m.trigger_id = t.id)
     ORDER BY t.created_at, t.id`,
  );
  const parties = await loadParties(tx, triggers);
  await insertMessages(
    tx,
    clock,
    triggers.map((trigger) => toDraft(trigger, parties)),
  );
}
