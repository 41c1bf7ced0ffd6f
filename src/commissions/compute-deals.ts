/**
 * T2: one transaction that brings the ledger of a batch of deals to what their won epochs earn now. Level-triggered:
 * it looks at the epochs as they are and posts the difference, so doing it twice posts nothing the second time.
 */
import type { Clock } from '../platform/clock.ts';
import { crashPoint } from '../platform/crash-point.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { assessEpoch, countTogether, type Counted } from './assess-epoch.ts';
import { finishDue, keepHeldClaims } from './claim-due.ts';
import type { DueDeal } from './claim-due.ts';
import {
  findDealsIn,
  findScopes,
  isIn,
  lockScopes,
  requireSameScopes,
  type Scope,
} from './counting-scopes.ts';
import { differenceEntries } from './difference.ts';
import type { NewEntry } from './difference.ts';
import { insertEntries } from './insert-entries.ts';
import { loadBatch, lockDeals } from './load-batch.ts';
import type { Batch, PriorEntry } from './load-batch.ts';
import { recordOutcomes, shareTerms } from './outcomes.ts';
import type { Outcome } from './outcomes.ts';
import type { CommissionOutputs } from './outputs.ts';
import { loadPlans } from './published-plans.ts';

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
    const ids = deals.map((deal) => deal.dealId);
    const { scopes, peers } = await lockAll(tx, ids);
    const held = await keepHeldClaims(tx, token, deals);
    const batch = await loadBatch(tx, [...new Set([...held.map((deal) => deal.dealId), ...peers])]);
    const due = new Set(held.map((deal) => deal.dealId));
    const { entries, outcomes } = assessBatch(batch, due, scopes, context.clock);
    await post(tx, context, entries, outcomes);
    await finishDue(tx, token, held, context.clock.now());
    await crashPoint('money:before-commit');
    return { deals: held.length, posted: entries.length };
  });
}

/** Scopes in sorted order, then deals in sorted order: those that are due, and those that count with them. */
async function lockAll(tx: Sql, ids: readonly string[]): Promise<{ scopes: Scope[]; peers: string[] }> {
  const plans = await loadPlans(tx);
  const scopes = await findScopes(tx, plans, ids);
  await lockScopes(tx, scopes);
  const peers = await findDealsIn(tx, scopes);
  await lockDeals(tx, [...new Set([...ids, ...peers])]);
  if (scopes.length > 0) requireSameScopes(scopes, await findScopes(tx, plans, ids));
  return { scopes, peers };
}

function assessBatch(
  batch: Batch,
  due: ReadonlySet<string>,
  scopes: readonly Scope[],
  clock: Clock,
): { entries: NewEntry[]; outcomes: Outcome[] } {
  const prior = groupByEpoch(batch.entries);
  const counted = countAll(batch, scopes);
  const entries: NewEntry[] = [];
  const outcomes: Outcome[] = [];
  for (const epoch of batch.epochs) {
    // Another win of a deal that is here for its company only: what counts with that one was not loaded.
    if (!due.has(epoch.dealId) && !isIn(scopes, batch.plans, epoch)) continue;
    const assessment = assessEpoch(batch, epoch, counted);
    const known = prior.get(`${epoch.dealId} ${epoch.epoch}`) ?? [];
    outcomes.push(assessment.outcome);
    entries.push(...differenceEntries(epoch, assessment, known, batch.plans, clock));
  }
  return { entries, outcomes };
}

function countAll(batch: Batch, scopes: readonly Scope[]): Counted {
  const all = scopes.flatMap((scope) => {
    const own = batch.epochs.filter((epoch) => isIn([scope], batch.plans, epoch));
    return [...countTogether(batch, scope.plan, own)];
  });
  return new Map(all);
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
