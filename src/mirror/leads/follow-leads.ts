import type { LeadState } from '../../crm/leads.ts';
import type { Sql } from '../../platform/database/database.ts';
import { insertAttachment } from '../attach/attach-deal.ts';
import { promoteWaiting } from '../desire.ts';
import { buryDeleted, reviveRestored } from '../heed-observations.ts';
import type { MirrorOutputs } from '../record-outcomes.ts';

/** Kind of the error of a deal whose lead was converted without a deal: a person says where it goes on. */
export const convertedAway = 'lead-converted';

interface LeadMirror {
  deal_id: string;
  crm_id: string;
  state: string;
  /** Another deal that has the record the lead became. */
  taken_by: string | null;
}

/**
 * Follows what became of our leads: a converted one is from now on the deal it became, once; a deleted one a tombstone. A
 * lead that is another deal's by now, or no lead of ours any more, is left alone.
 */
export async function followLeads(
  tx: Sql,
  connectionId: string,
  leads: readonly LeadState[],
  outputs: MirrorOutputs,
  now: Date,
): Promise<void> {
  for (const lead of leads) {
    const mirror = await lockMirror(tx, connectionId, lead);
    if (!mirror) continue;
    const ids = [mirror.deal_id];
    if (lead.deleted) {
      if (mirror.state !== 'tombstone') await buryDeleted(tx, connectionId, ids, now);
    } else if (lead.converted === null) {
      if (mirror.state === 'tombstone') await reviveRestored(tx, connectionId, ids, now);
    } else if (lead.converted.dealCrmId === null || mirror.taken_by !== null) {
      await park(tx, connectionId, mirror, lead.converted.dealCrmId, now);
    } else await becomeDeal(tx, connectionId, mirror, lead, outputs, now);
  }
}

async function lockMirror(tx: Sql, connectionId: string, lead: LeadState): Promise<LeadMirror | undefined> {
  const [mirror] = await tx.query<LeadMirror>(
    `SELECT m.deal_id, m.crm_id, m.state,
            (SELECT o.deal_id FROM mirrors o
              WHERE o.connection_id = $1 AND o.crm_id = $3 AND o.deal_id <> m.deal_id) AS taken_by
       FROM mirrors m WHERE m.connection_id = $1 AND m.crm_id = $2 AND m.record_kind = 'lead' FOR UPDATE`,
    [connectionId, lead.crmId, lead.converted?.dealCrmId ?? null],
  );
  return mirror;
}

async function becomeDeal(
  tx: Sql,
  connectionId: string,
  { deal_id: dealId }: LeadMirror,
  lead: LeadState,
  outputs: MirrorOutputs,
  now: Date,
): Promise<void> {
  const crmId = lead.converted?.dealCrmId ?? '';
  const role = lead.converted?.existedBefore ? 'influenced' : 'converted';
  const by = `conversion of ${lead.crmId}`;
  await insertAttachment(tx, { dealId, connectionId, crmId, role, before: null, by }, now);
  await tx.query(
    `UPDATE mirrors SET record_kind = 'deal', crm_id = $3, state = 'waiting', due_at = NULL, mirrored_hash = NULL,
            mirrored_version = NULL, linked_version = NULL, suspect = false, attempts = 0, last_error = NULL,
            parked_at = NULL, lease_token = NULL, leased_until = NULL, updated_at = $4
      WHERE connection_id = $1 AND deal_id = $2`,
    [connectionId, dealId, crmId, now],
  );
  await tx.query(
    `INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at)
     SELECT id, version, 'lead-converted', $2, jsonb_build_object('connection', $2::text, 'crmId', $3::text, 'role', $4::text), $5
       FROM deals WHERE id = $1`,
    [dealId, connectionId, crmId, role, now],
  );
  await outputs.recordsLearned(tx, connectionId, [{ crmId, dealId }]);
  await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = $2', [connectionId, dealId], now);
}

async function park(
  tx: Sql,
  connectionId: string,
  mirror: LeadMirror,
  dealCrmId: string | null,
  now: Date,
): Promise<void> {
  const plain =
    dealCrmId === null
      ? `The lead ${mirror.crm_id} was converted without an opportunity.`
      : `The lead ${mirror.crm_id} was converted into ${dealCrmId}, which is that of deal ${mirror.taken_by ?? ''}.`;
  const nextStep = 'Attach the deal to the opportunity that continues it: tributary attach.';
  await tx.query(
    `UPDATE mirrors SET state = 'parked', due_at = NULL, mirrored_hash = NULL, parked_at = $3, updated_at = $3,
            lease_token = NULL, leased_until = NULL, last_error = $4
      WHERE connection_id = $1 AND deal_id = $2
        AND (state <> 'parked' OR last_error->>'kind' IS DISTINCT FROM '${convertedAway}')`,
    [connectionId, mirror.deal_id, now, JSON.stringify({ kind: convertedAway, plain, nextStep })],
  );
}
