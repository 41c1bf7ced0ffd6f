import type { WiredConnection } from '../mapping/wired-connection.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { buryRemoved } from '../mirror/hold-deals.ts';
import { observeLearned } from '../observations/raise-hints.ts';
import type { KeptImage } from '../ownership/before-images.ts';
import type { DealRevert } from '../ownership/plan-revert.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import type { Application } from './open-application.ts';

type Needed = Pick<Application, 'db' | 'clock'>;

/**
 * Says of each record that was made by what is taken back whether it may be deleted, and if not, why: it must hold exactly
 * what was written at its creation, nobody else may have touched it, nothing may have been won or earned with it.
 */
export async function judgeRemovals(
  app: Needed,
  connection: WiredConnection,
  object: string,
  plans: readonly DealRevert[],
  images: readonly KeptImage[],
): Promise<DealRevert[]> {
  const made = plans.filter((plan) => plan.created && !plan.deleted);
  const known = await refusedByUs(app.db, connection.id, made, images);
  const asked = made.filter((plan) => !known.has(plan.dealId) && plan.touched.length === 0);
  const states = await inspect(connection, object, asked);
  return plans.map((plan) => {
    // Gone already, perhaps by an earlier try whose answer was lost: it is only buried.
    if (plan.created && plan.deleted) return { ...plan, removal: { refused: null } };
    if (!made.includes(plan)) return plan;
    const refused = known.get(plan.dealId) ?? touchedInWords(plan) ?? states.get(plan.crmId) ?? null;
    return { ...plan, removal: { refused } };
  });
}

function touchedInWords({ touched }: DealRevert): string | null {
  return touched.length === 0 ? null : `${touched.join(', ')} changed since`;
}

/**
 * A later write of ours hides who changed the record before it, so that such a record stays; what was won or earned has to
 * be explained by a record that is there.
 */
async function refusedByUs(
  sql: Sql,
  connectionId: string,
  made: readonly DealRevert[],
  images: readonly KeptImage[],
): Promise<Map<string, string>> {
  const rows = made.map(({ dealId }) => ({
    dealId,
    runId: images.find((image) => image.dealId === dealId && image.created)?.runId,
  }));
  const found = await sql.query<{ deal_id: string; earned: boolean; won: boolean; rewritten: boolean }>(
    `SELECT w."dealId" AS deal_id,
            EXISTS (SELECT 1 FROM commission_entries e WHERE e.deal_id = w."dealId") AS earned,
            EXISTS (SELECT 1 FROM won_epochs o WHERE o.deal_id = w."dealId") AS won,
            EXISTS (SELECT 1 FROM crm_writes c WHERE c.deal_id = w."dealId" AND c.connection_id = $1 AND c.operation = 'update'
                       AND c.kind = 'deal' AND c.outcome IN ('written', 'ambiguous') AND c.run_id <> w."runId") AS rewritten
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, "runId" uuid)`,
    [connectionId, jsonText(rows)],
  );
  return new Map(
    found.flatMap(({ deal_id, earned, won, rewritten }): [string, string][] => {
      if (earned) return [[deal_id, 'commissions were computed of it']];
      if (won) return [[deal_id, 'it was won']];
      if (rewritten)
        return [[deal_id, 'it was written again since, so that nobody can tell who changed it in between']];
      return [];
    }),
  );
}

async function inspect(
  { connector, capabilities }: WiredConnection,
  object: string,
  plans: readonly DealRevert[],
): Promise<Map<string, string | null>> {
  const ids = plans.map(({ crmId }) => crmId);
  const { removal } = connector;
  if (!removal) return new Map(ids.map((id) => [id, 'records of this CRM are not deleted from here']));
  const states = new Map<string, string | null>();
  for (let start = 0; start < ids.length; start += capabilities.writeBatch) {
    const part = ids.slice(start, start + capabilities.writeBatch);
    for (const { crmId, refused } of await removal.inspect(object, part, deadline()))
      states.set(crmId, refused);
  }
  return states;
}

export interface Removed {
  plan: DealRevert;
  /** Why it is still there; null = it is gone. */
  failed: string | null;
}

/** Deletes at most `writeBatch` records and buries their mirrors, so that nothing makes them again without a person. */
export async function removeCreated(
  app: Needed,
  connection: WiredConnection,
  runId: string,
  plans: readonly DealRevert[],
): Promise<Removed[]> {
  const outcomes =
    (await connection.connector.removal?.remove(
      plans.map(({ crmId }) => crmId),
      deadline(),
    )) ?? [];
  const byId = new Map(outcomes.map((outcome) => [outcome.crmId, outcome]));
  const removed = plans.map((plan): Removed => {
    const outcome = byId.get(plan.crmId);
    if (outcome?.status === 'removed') return { plan, failed: null };
    return {
      plan,
      failed: outcome?.error.details.plain ?? 'the CRM answered without a result for this record',
    };
  });
  const gone = removed.filter(({ failed }) => failed === null).map(({ plan }) => plan);
  await record(app, connection.id, runId, gone);
  return removed;
}

/** As every write: in the list of writes, and looked at afterwards. */
async function record(
  { db, clock }: Needed,
  connectionId: string,
  runId: string,
  gone: readonly DealRevert[],
): Promise<void> {
  if (gone.length === 0) return;
  const now = clock.now();
  const rows = gone.map(({ dealId, crmId }) => ({ dealId, crmId }));
  await db.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM deals WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
      rows.map(({ dealId }) => dealId),
    ]);
    await buryRemoved(
      tx,
      connectionId,
      rows.map(({ dealId }) => dealId),
      now,
    );
    await tx.query(
      `INSERT INTO crm_writes (run_id, connection_id, kind, key, deal_id, version, crm_id, outcome, operation, fields, error, occurred_at)
       SELECT $1, $2, 'deal', w."dealId"::text, w."dealId", NULL, w."crmId", 'written', 'delete', '{}', NULL, $4
         FROM jsonb_to_recordset($3::jsonb) AS w("dealId" uuid, "crmId" text)`,
      [runId, connectionId, jsonText(rows), now],
    );
    await observeLearned(tx, connectionId, rows, now);
  });
}

function deadline() {
  return { deadline: Date.now() + callTimeoutMs };
}
