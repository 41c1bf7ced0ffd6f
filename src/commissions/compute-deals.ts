/**
 * T2: one transaction that brings the ledger of a batch of deals to what their won epochs earn now. Level-triggered:
 * it looks at the epochs as they are and posts the difference, so doing it twice posts nothing the second time.
 */
import type { Clock } from '../platform/clock.ts';
import { crashPoint } from '../platform/crash-point.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { assessEpoch } from './assess-epoch.ts';
import { finishDue, keepHeldClaims } from './claim-due.ts';
import type { DueDeal } from './claim-due.ts';
import { differenceEntries } from './difference.ts';
import type { NewEntry } from './difference.ts';
import { insertEntries } from './insert-entries.ts';
import { loadBatch, lockDeals } from './load-batch.ts';
import type { Batch, PriorEntry } from './load-batch.ts';
import { recordOutcomes, shareTerms } from './outcomes.ts';
import type { Outcome } from './outcomes.ts';
import type { CommissionOutputs } from './outputs.ts';

export interface ComputeContext {
  db: Database;
  clock: Clock;
  outputs: CommissionOutputs;
}

export interface ComputeResult {
  deals: number;
  posted: number;
}

/** Computes the claimed deals; all or none. Deals whose claim was lost meanwhile are left to whoever holds them. */
export async function computeDeals(
  context: ComputeContext,
  token: string,
  deals: readonly DueDeal[],
): Promise<ComputeResult> {
  return context.db.transaction(async (tx) => {
    await shareTerms(tx);
    await lockDeals(
      tx,
      deals.map((deal) => deal.dealId),
    );
    const held = await keepHeldClaims(tx, token, deals);
    const batch = await loadBatch(
      tx,
      held.map((deal) => deal.dealId),
    );
    const { entries, outcomes } = assessBatch(batch, context.clock);
    await post(tx, context, entries, outcomes);
    await finishDue(tx, token, held, context.clock.now());
    await crashPoint('money:before-commit');
    return { deals: held.length, posted: entries.length };
  });
}

function assessBatch(batch: Batch, clock: Clock): { entries: NewEntry[]; outcomes: Outcome[] } {
  const prior = groupByEpoch(batch.entries);
  const entries: NewEntry[] = [];
  const outcomes: Outcome[] = [];
  for (const epoch of batch.epochs) {
    const assessment = assessEpoch(batch, epoch);
    const known = prior.get(`${epoch.dealId} ${epoch.epoch}`) ?? [];
    outcomes.push(assessment.outcome);
    entries.push(...differenceEntries(epoch, assessment, known, batch.plans, clock));
  }
  return { entries, outcomes };
}

function groupByEpoch(entries: readonly PriorEntry[]): Map<string, PriorEntry[]> {
  const groups = new Map<string, PriorEntry[]>();
  for (const entry of entries) {
    const key = `${entry.dealId} ${entry.epoch}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

async function post(
  tx: Sql,
  context: ComputeContext,
  entries: readonly NewEntry[],
  outcomes: readonly Outcome[],
): Promise<void> {
  await insertEntries(tx, entries);
  await recordOutcomes(tx, outcomes, context.clock.now());
  if (entries.length > 0) await context.outputs.entriesPosted(tx, entries);
}
