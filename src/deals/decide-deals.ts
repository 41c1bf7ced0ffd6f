/** Approval, rejection and withdrawal, for any number of deals at a time. */
import type { Database, Sql } from '../platform/database/database.ts';
import type { Deal } from './deal.ts';
import { appendDealEvents } from './deal-events.ts';
import { refusalOf, statusAfter } from './deal-status.ts';
import type { Decision } from './deal-status.ts';
import type { DealContext } from './ports.ts';
import { dayAfter } from './registration-facts.ts';
import { lockDealsById } from './store-deals.ts';

export interface DecisionRequest {
  decision: Decision;
  /** The person or source that decides; stored with the deal. */
  by: string;
  /** Why. A rejection needs one. */
  reason?: string;
}

export type DecisionResult =
  | { id: string; outcome: 'done'; version: number; crmOfRecord: string | null }
  | { id: string; outcome: 'refused'; name: 'illegal-transition'; reason: string; status: Deal['status'] }
  | { id: string; outcome: 'refused'; name: 'not-found'; reason: string };

/** Most deals decided in one transaction: longer locks would make intakes wait. */
const DEALS_PER_TRANSACTION = 500;

/**
 * Decides on the given deals (UUIDs), each independently: one that is not open to the decision is refused by name
 * and leaves the others alone. One transaction per 500. Results in the order of `ids`; repeated ids count once.
 */
export async function decideDeals(
  db: Database,
  ids: readonly string[],
  request: DecisionRequest,
  context: DealContext,
): Promise<DecisionResult[]> {
  const distinct = [...new Set(ids)];
  const results: DecisionResult[] = [];
  for (let start = 0; start < distinct.length; start += DEALS_PER_TRANSACTION) {
    const slice = distinct.slice(start, start + DEALS_PER_TRANSACTION);
    results.push(...(await db.transaction((tx) => decideInTransaction(tx, slice, request, context))));
  }
  return results;
}

/** As `decideDeals`, inside the caller's transaction; for at most a few hundred deals. */
export async function decideInTransaction(
  tx: Sql,
  ids: readonly string[],
  request: DecisionRequest,
  context: DealContext,
): Promise<DecisionResult[]> {
  const now = context.clock.now();
  const locked = new Map((await lockDealsById(tx, ids)).map((deal) => [deal.id, deal]));
  const open = [...locked.values()].filter((deal) => refusalOf(request.decision, deal.status) === null);
  const records =
    request.decision === 'approve' && open.length > 0 ? await context.chooseRecord(tx, open) : null;
  const decided = open.map((deal) => ({
    id: deal.id,
    crm_of_record: records?.get(deal.id) ?? null,
    protected_until: request.decision === 'approve' ? dayAfter(now, context.rules.protectionDays) : null,
  }));
  await writeDecisions(tx, decided, request, now);
  await appendDealEvents(
    tx,
    open.map((deal) => eventOf(deal, request, records)),
    request.by,
    now,
  );
  if (request.decision === 'approve' && open.length > 0) {
    await context.outputs.dealsChanged(
      tx,
      open.map((deal) => deal.id),
    );
  }
  return ids.map((id) => resultOf(id, locked.get(id), request.decision, records));
}

async function writeDecisions(
  tx: Sql,
  decided: readonly { id: string; crm_of_record: string | null; protected_until: string | null }[],
  request: DecisionRequest,
  now: Date,
): Promise<void> {
  if (decided.length === 0) return;
  await tx.query(
    `UPDATE deals d
        SET status = $2, version = d.version + 1, crm_of_record = n.crm_of_record,
            protected_until = n.protected_until, decided_at = $3, decided_by = $4, decision_reason = $5, updated_at = $3
       FROM jsonb_to_recordset($1::jsonb) AS n(id uuid, crm_of_record text, protected_until date)
      WHERE d.id = n.id`,
    [JSON.stringify(decided), statusAfter(request.decision), now, request.by, request.reason ?? null],
  );
}

function eventOf(
  deal: Deal,
  request: DecisionRequest,
  records: ReadonlyMap<string, string | null> | null,
): Parameters<typeof appendDealEvents>[1][number] {
  return {
    deal_id: deal.id,
    version: deal.version + 1,
    kind: statusAfter(request.decision) as 'approved' | 'rejected' | 'withdrawn',
    data: {
      ...(request.reason === undefined ? {} : { reason: request.reason }),
      ...(records === null ? {} : { crmOfRecord: records.get(deal.id) ?? null }),
    },
  };
}

function resultOf(
  id: string,
  deal: Deal | undefined,
  decision: Decision,
  records: ReadonlyMap<string, string | null> | null,
): DecisionResult {
  if (deal === undefined)
    return { id, outcome: 'refused', name: 'not-found', reason: 'There is no such deal.' };
  const reason = refusalOf(decision, deal.status);
  if (reason !== null)
    return { id, outcome: 'refused', name: 'illegal-transition', reason, status: deal.status };
  return { id, outcome: 'done', version: deal.version + 1, crmOfRecord: records?.get(id) ?? null };
}
