/**
 * T3: turns settled commission into payout triggers. A trigger can be made only here, in a transaction that holds
 * the deal and the won epoch and finds the epoch live and settled; an entry is covered by one trigger, ever.
 */
import type { Clock } from '../platform/clock.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { newId } from '../platform/ids.ts';
import { decidePayouts } from './decide-payouts.ts';
import type { DueEpoch, OpenEntry, PayoutDecision } from './decide-payouts.ts';
import { shareEndpoints } from './endpoints.ts';
import { insertMessages } from './insert-messages.ts';
import { loadParties } from './load-parties.ts';
import { toDraft } from './trigger-draft.ts';
import type { PayoutTrigger } from './trigger-draft.ts';

/**
 * Looks at the won epochs whose payout is due, at most `limit`.
 * @returns how many it looked at (a full batch means more may wait) and how many triggers it inserted
 */
export async function triggerDuePayouts(
  context: { db: Database; clock: Clock },
  limit: number,
): Promise<{ looked: number; triggered: number }> {
  return context.db.transaction(async (tx) => {
    await shareEndpoints(tx);
    const now = context.clock.now();
    const due = await lockDueEpochs(tx, now, limit);
    if (due.length === 0) return { looked: 0, triggered: 0 };
    const decision = decidePayouts(due, await loadOpenEntries(tx, due), now);
    const triggers = await numberTriggers(tx, decision, context.clock);
    await insertTriggers(tx, triggers, now);
    const parties = await loadParties(tx, triggers);
    const drafts = triggers.map((trigger) => toDraft(trigger, parties));
    await insertMessages(tx, context.clock, drafts);
    await settleDue(tx, due, decision);
    return { looked: due.length, triggered: triggers.length };
  });
}

/** Whether any payout is to be looked at. For the sweeper. */
export async function arePayoutsDue(sql: Sql, now: Date): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM payout_due WHERE due_at <= $1 LIMIT 1', [now]);
  return rows.length > 0;
}

/** Deals first, as everywhere; a deal that somebody holds is left for the next look. Then the epochs, sorted. */
async function lockDueEpochs(tx: Sql, now: Date, limit: number): Promise<DueEpoch[]> {
  const rows = await tx.query<{ dealId: string; epoch: number }>(
    `SELECT p.deal_id AS "dealId", p.epoch FROM payout_due p JOIN deals d ON d.id = p.deal_id
     WHERE p.due_at <= $1 ORDER BY p.due_at LIMIT $2 FOR NO KEY UPDATE OF d, p SKIP LOCKED`,
    [now, limit],
  );
  return tx.query<DueEpoch>(
    `SELECT e.deal_id AS "dealId", e.epoch, e.settles_at AS "settlesAt",
       e.live AND e.earns_nothing_because IS NULL AS earning,
       EXISTS (SELECT FROM commission_due c WHERE c.deal_id = e.deal_id AND c.due_seq > c.seen_seq) AS "beingComputed",
       EXISTS (SELECT FROM commission_outcomes o WHERE o.deal_id = e.deal_id AND o.epoch = e.epoch
               AND o.state = 'held') AS held
     FROM won_epochs e JOIN unnest($1::uuid[], $2::int[]) AS p(deal_id, epoch) USING (deal_id, epoch)
     ORDER BY e.deal_id, e.epoch FOR UPDATE OF e`,
    [rows.map((row) => row.dealId), rows.map((row) => row.epoch)],
  );
}

async function loadOpenEntries(tx: Sql, due: readonly DueEpoch[]): Promise<OpenEntry[]> {
  return tx.query<OpenEntry>(
    `SELECT e.id, e.deal_id AS "dealId", e.epoch, e.partner_id AS "partnerId", e.amount_minor AS "amountMinor",
       e.currency, e.explanation
     FROM commission_entries e
     JOIN unnest($1::uuid[], $2::int[]) AS p(deal_id, epoch) USING (deal_id, epoch)
     -- What nobody approved is not there yet; approving it makes the payout due.
     JOIN commission_approvals a ON a.entry_id = e.id
     WHERE NOT EXISTS (SELECT FROM payout_trigger_entries t WHERE t.entry_id = e.id)
     ORDER BY e.deal_id, e.epoch, e.revision`,
    [due.map((epoch) => epoch.dealId), due.map((epoch) => epoch.epoch)],
  );
}

async function numberTriggers(tx: Sql, decision: PayoutDecision, clock: Clock): Promise<PayoutTrigger[]> {
  const last = await tx.query<{ dealId: string; epoch: number; partnerId: string; sequence: number }>(
    `SELECT t.deal_id AS "dealId", t.epoch, t.partner_id AS "partnerId", max(t.sequence) AS sequence
     FROM payout_triggers t WHERE t.deal_id = ANY($1) GROUP BY t.deal_id, t.epoch, t.partner_id`,
    [[...new Set(decision.payouts.map((payout) => payout.dealId))]],
  );
  const sequences = new Map(last.map((row) => [sequenceKey(row), row.sequence]));
  return decision.payouts.map((payout) => {
    const sequence = (sequences.get(sequenceKey(payout)) ?? 0) + 1;
    sequences.set(sequenceKey(payout), sequence);
    return {
      ...payout,
      id: newId(clock),
      sequence,
      kind: payout.amountMinor > 0n ? 'triggered' : 'adjusted',
    };
  });
}

function sequenceKey(row: { dealId: string; epoch: number; partnerId: string }): string {
  return `${row.dealId} ${row.epoch} ${row.partnerId}`;
}

async function insertTriggers(tx: Sql, triggers: readonly PayoutTrigger[], now: Date): Promise<void> {
  if (triggers.length === 0) return;
  const rows = triggers.map((trigger) => ({ ...trigger, amountMinor: trigger.amountMinor.toString() }));
  await tx.query(
    `INSERT INTO payout_triggers (id, deal_id, epoch, partner_id, sequence, kind, amount_minor, currency, explanation,
       created_at)
     SELECT id, "dealId", epoch, "partnerId", sequence, kind, "amountMinor", currency, explanation, $2
     FROM jsonb_to_recordset($1::jsonb) AS t(id uuid, "dealId" uuid, epoch int, "partnerId" uuid, sequence int,
       kind text, "amountMinor" bigint, currency text, explanation text)`,
    [JSON.stringify(rows), now],
  );
  const covers = triggers.flatMap(({ id, entryIds }) => entryIds.map((entryId) => [entryId, id] as const));
  await tx.query(
    `INSERT INTO payout_trigger_entries (entry_id, trigger_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`,
    [covers.map(([entryId]) => entryId), covers.map(([, triggerId]) => triggerId)],
  );
}

/** What is done is no longer due; what has to wait is due later. */
async function settleDue(tx: Sql, due: readonly DueEpoch[], decision: PayoutDecision): Promise<void> {
  const waiting = new Set(decision.waiting.map((wait) => `${wait.dealId} ${wait.epoch}`));
  const done = due.filter((epoch) => !waiting.has(`${epoch.dealId} ${epoch.epoch}`));
  await tx.query(
    `DELETE FROM payout_due USING unnest($1::uuid[], $2::int[]) AS p(deal_id, epoch)
     WHERE payout_due.deal_id = p.deal_id AND payout_due.epoch = p.epoch`,
    [done.map((epoch) => epoch.dealId), done.map((epoch) => epoch.epoch)],
  );
  await tx.query(
    `UPDATE payout_due SET due_at = p.due_at
     FROM unnest($1::uuid[], $2::int[], $3::timestamptz[]) AS p(deal_id, epoch, due_at)
     WHERE payout_due.deal_id = p.deal_id AND payout_due.epoch = p.epoch`,
    [
      decision.waiting.map((wait) => wait.dealId),
      decision.waiting.map((wait) => wait.epoch),
      decision.waiting.map((wait) => wait.until),
    ],
  );
}
