import { setTimeout as sleep } from 'node:timers/promises';
import type { CurrentRecord } from '../crm/read-records.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import { areBeingWritten, holdDeals } from '../mirror/hold-deals.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { observeLearned } from '../observations/raise-hints.ts';
import {
  keepImages,
  loadImages,
  markReverted,
  type KeptImage,
  type RunChoice,
} from '../ownership/before-images.ts';
import { rememberSent } from '../ownership/field-memory.ts';
import { planRevert, type DealRevert } from '../ownership/plan-revert.ts';
import { readCurrent } from '../ownership/read-current.ts';
import { newId } from '../platform/ids.ts';
import { refuseWrites } from './ownership-port.ts';
import type { Application } from './open-application.ts';
import { judgeRemovals, removeCreated } from './remove-created.ts';

export interface RevertReport {
  connection: string;
  deals: (DealRevert & {
    outcome: 'planned' | 'restored' | 'deleted' | 'nothing' | 'failed';
    reason?: string;
  })[];
  /** Why nothing more was written; run it again then. */
  stopped: string | null;
}

type Needed = Pick<Application, 'db' | 'clock' | 'wiring'>;

/**
 * Takes back what a run wrote: fields that nobody changed since go back to what they held; the others stay and are named, as
 * are the records that the run made; those that nobody touched are deleted where that is asked for. Their deals are held first, so that the mirror does not write them again. What was done
 * is read from the CRM, so an interrupted one is simply run again.
 * @returns null when nothing is kept of such a run
 */
export async function revertRun(
  app: Needed,
  choice: RunChoice,
  dryRun: boolean,
  { deleteCreated = false }: { deleteCreated?: boolean } = {},
): Promise<RevertReport | null> {
  const images = await loadImages(app.db, choice);
  const [first] = images;
  if (!first) return null;
  const { connectionId } = first;
  const byDeal = groupByDeal(images);
  if (!dryRun) await hold(app, connectionId, [...byDeal.keys()]);
  const connection = await app.wiring.open(connectionId);
  const report: RevertReport = { connection: connectionId, deals: [], stopped: null };
  const runId = newId(app.clock);
  const size = connection.capabilities.writeBatch;
  const run = { app, connection, runId, images, report };
  for (const [kind, target] of Object.entries(targetsOf(connection))) {
    const deals = [...byDeal.values()].filter(([newest]) => newest?.recordKind === kind);
    for (let start = 0; start < deals.length && report.stopped === null; start += size) {
      const restores = await planPart(connection, target.object, deals.slice(start, start + size));
      const plans = deleteCreated
        ? await judgeRemovals(app, connection, target.object, restores, images)
        : restores;
      if (dryRun) report.deals.push(...plans.map((plan) => ({ ...plan, outcome: 'planned' as const })));
      else {
        await removePart(run, plans.filter(isToGo));
        if (report.stopped === null)
          await restorePart(
            run,
            target,
            plans.filter((plan) => !isToGo(plan)),
          );
      }
    }
  }
  return report;
}

function isToGo({ removal }: DealRevert): boolean {
  return removal?.refused === null;
}

async function removePart(run: Run, plans: readonly DealRevert[]): Promise<void> {
  const { app, connection, images, report, runId } = run;
  if (plans.length === 0) return;
  report.stopped = await refuseWrites(app, connection.id, plans.length);
  if (report.stopped !== null) return;
  const removed = await removeCreated(app, connection, runId, plans);
  for (const { plan, failed } of removed)
    report.deals.push({
      ...plan,
      ...(failed === null ? { outcome: 'deleted' } : { outcome: 'failed', reason: failed }),
    });
  const gone = removed.flatMap(({ plan, failed }) => (failed === null ? [plan.dealId] : []));
  const runs = [...new Set(images.map((image) => image.runId))];
  await markReverted(app.db, runs, gone, app.clock.now());
}

interface Target {
  object: string;
  keyField: string;
}

function targetsOf({ mapping }: WiredConnection): Record<string, Target> {
  return { deal: mapping.deal, ...(mapping.lead ? { lead: mapping.lead } : {}) };
}

interface Run {
  app: Needed;
  connection: WiredConnection;
  runId: string;
  images: readonly KeptImage[];
  report: RevertReport;
}

function groupByDeal(images: readonly KeptImage[]): Map<string, KeptImage[]> {
  const groups = new Map<string, KeptImage[]>();
  for (const image of images) {
    const group = groups.get(image.dealId);
    if (group) group.push(image);
    else groups.set(image.dealId, [image]);
  }
  return groups;
}

/** A write that was on its way when the deals were held comes to its end first: what it wrote is taken back, too. */
async function hold(app: Needed, connectionId: string, dealIds: readonly string[]): Promise<void> {
  await holdDeals(app.db, connectionId, dealIds, app.clock.now());
  while (await areBeingWritten(app.db, connectionId, dealIds)) await sleep(500);
}

async function planPart(
  connection: WiredConnection,
  object: string,
  deals: readonly (readonly KeptImage[])[],
): Promise<DealRevert[]> {
  const ids = deals.map(([image]) => image?.crmId ?? '');
  const summed = object === connection.mapping.deal.object ? connection.mapping.summed : undefined;
  const wrote = deals.flat().flatMap((image) => Object.keys(image.wrote));
  const fields = [...new Set([...wrote, ...(summed ? [summed.while] : [])])];
  const records: CurrentRecord[] = [];
  for (let start = 0; start < ids.length; start += connection.capabilities.readBatch) {
    const part = ids.slice(start, start + connection.capabilities.readBatch);
    const options = { deadline: Date.now() + callTimeoutMs };
    records.push(...(await readCurrent(connection, object, part, fields, options)));
  }
  const byId = new Map(records.map((record) => [record.crmId, record]));
  return deals.map((images, index) => {
    const crmId = ids[index] ?? '';
    const gone = { crmId, deleted: true, modifiedAt: new Date(0), fields: {} };
    return planRevert(images, byId.get(crmId) ?? gone, summed);
  });
}

async function restorePart(run: Run, target: Target, plans: readonly DealRevert[]): Promise<void> {
  const { app, connection, images, report } = run;
  const writes = plans.filter((plan) => Object.keys(plan.restore).length > 0);
  const nothing = plans.filter((plan) => !writes.includes(plan));
  if (writes.length > 0) {
    report.stopped = await refuseWrites(app, connection.id, writes.length);
    if (report.stopped !== null) return;
    await restore(run, target, writes);
  }
  report.deals.push(...nothing.map((plan) => ({ ...plan, outcome: 'nothing' as const })));
  const done = report.deals.filter(({ outcome }) => outcome !== 'failed').map(({ dealId }) => dealId);
  const runs = [...new Set(images.map((image) => image.runId))];
  await markReverted(app.db, runs, done, app.clock.now());
}

async function restore(
  { app, connection, runId, report }: Run,
  { object, keyField }: Target,
  plans: readonly DealRevert[],
): Promise<void> {
  const kept = plans.map(({ dealId, crmId, restore: wrote, from: before }) => ({
    runId,
    dealId,
    crmId,
    created: false,
    before,
    wrote,
  }));
  await keepImages(app.db, connection.id, kept, false, app.clock.now());
  const records = plans.map(({ dealId, crmId, restore: fields }) => ({ key: dealId, crmId, fields }));
  const request = { kind: 'deal', object, keyField, operation: 'update', records } as const;
  const outcomes = await connection.connector.push(request, { deadline: Date.now() + callTimeoutMs });
  const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
  const written: DealRevert[] = [];
  for (const plan of plans) {
    const outcome = byKey.get(plan.dealId);
    if (outcome?.status === 'written') {
      written.push(plan);
      report.deals.push({ ...plan, outcome: 'restored' });
    } else {
      const reason = outcome?.error.details.plain ?? 'the CRM answered without a result for this record';
      report.deals.push({ ...plan, outcome: 'failed', reason });
    }
  }
  await record(app, connection.id, runId, written);
}

/** As every write: in the list of writes, remembered as sent, with an image of its own, and read back. */
async function record(
  app: Needed,
  connectionId: string,
  runId: string,
  plans: readonly DealRevert[],
): Promise<void> {
  if (plans.length === 0) return;
  const now = app.clock.now();
  const rows = plans.map(({ dealId, crmId, restore: fields }) => ({ dealId, crmId, fields }));
  await app.db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO crm_writes (run_id, connection_id, kind, key, deal_id, version, crm_id, outcome, operation, fields, error, occurred_at)
       SELECT $1, $2, 'deal', w."dealId"::text, w."dealId", NULL, w."crmId", 'written', 'update', w.fields, NULL, $4
         FROM jsonb_to_recordset($3::jsonb) AS w("dealId" uuid, "crmId" text, fields jsonb)`,
      [runId, connectionId, JSON.stringify(rows), now],
    );
    await tx.query('UPDATE before_images SET landed = true WHERE run_id = $1 AND deal_id = ANY($2::uuid[])', [
      runId,
      plans.map(({ dealId }) => dealId),
    ]);
    await observeLearned(tx, connectionId, rows, now);
    await rememberSent(
      tx,
      connectionId,
      rows.map(({ dealId, fields }) => ({ dealId, fields, offers: {}, created: false })),
      now,
    );
  });
}
