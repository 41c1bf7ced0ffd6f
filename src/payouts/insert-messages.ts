import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import type { AlertData, AlertType, CommissionData, MessageType, PayoutData } from './message-types.ts';

/** A message before it is known who gets it. Exactly one of the subjects is set. */
export type MessageDraft =
  | { type: MessageType; entryId: string; data: CommissionData }
  | { type: MessageType; triggerId: string; data: Omit<PayoutData, 'acknowledgeAt'> }
  | { type: AlertType; cardId: string; data: AlertData };

interface Subscriber {
  id: string;
  types: readonly string[];
}

/**
 * Writes one message per enabled endpoint that subscribed to the type, with the text that will be signed. Unique per
 * endpoint and subject: a second message for the same entry, trigger or card fails the transaction.
 */
export async function insertMessages(tx: Sql, clock: Clock, drafts: readonly MessageDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  const subscribers = await tx.query<Subscriber>('SELECT id, types FROM endpoints WHERE disabled_at IS NULL');
  const now = clock.now();
  const rows = subscribers.flatMap((subscriber) =>
    drafts
      .filter((draft) => subscriber.types.includes(draft.type))
      .map((draft) => toRow(draft, subscriber.id, now)),
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO messages (id, endpoint_id, type, payload, entry_id, trigger_id, card_id, created_at, due_at)
     SELECT id, "endpointId", type, payload, "entryId", "triggerId", "cardId", $2, $2
     FROM jsonb_to_recordset($1::jsonb) AS m(id text, "endpointId" uuid, type text, payload text, "entryId" uuid,
       "triggerId" uuid, "cardId" bigint)`,
    [JSON.stringify(rows), now],
  );
}

function toRow(draft: MessageDraft, endpointId: string, now: Date): Record<string, string | null> {
  const id = `msg_${randomUUID()}`;
  const forPayout = 'triggerId' in draft;
  const data = forPayout ? { ...draft.data, acknowledgeAt: `/v1/payouts/${id}/acknowledge` } : draft.data;
  return {
    id,
    endpointId,
    type: draft.type,
    payload: JSON.stringify({ type: draft.type, timestamp: now.toISOString(), data }),
    entryId: 'entryId' in draft ? draft.entryId : null,
    triggerId: forPayout ? draft.triggerId : null,
    cardId: 'cardId' in draft ? draft.cardId : null,
  };
}
