import type { Sql } from '../platform/database/database.ts';
import type { AnyPlan } from './any-plan.ts';
import { calculate } from './calculate.ts';
import type { EntryInputs } from './difference.ts';
import { replayTrace } from './trace.ts';
import type { Trace } from './trace.ts';

/** An entry whose amount does not follow from what it stores. There must be none. */
export interface Discrepancy {
  entryId: string;
  postedMinor: bigint;
  recomputedMinor: bigint | null;
  problem: string;
}

interface StoredEntry {
  id: string;
  component: string;
  currency: string;
  amountMinor: bigint;
  targetMinor: bigint;
  inputs: EntryInputs;
  trace: Trace | null;
  plan: AnyPlan;
}

const PAGE = 1_000;

/** Computes every entry again from its stored inputs and plan version, and walks its trace. */
export async function recomputeLedger(sql: Sql): Promise<{ checked: number; discrepancies: Discrepancy[] }> {
  const discrepancies: Discrepancy[] = [];
  let checked = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const page = await loadPage(sql, after);
    const last = page.at(-1);
    if (last === undefined) return { checked, discrepancies };
    after = last.id;
    checked += page.length;
    discrepancies.push(...page.flatMap(checkEntry));
  }
}

async function loadPage(sql: Sql, after: string): Promise<StoredEntry[]> {
  return sql.query<StoredEntry>(
    `SELECT e.id, e.component, e.currency, e.amount_minor AS "amountMinor", e.target_minor AS "targetMinor", e.inputs,
       e.trace, p.content AS plan
     FROM commission_entries e JOIN plans p ON p.id = e.plan_id WHERE e.id > $1 ORDER BY e.id LIMIT $2`,
    [after, PAGE],
  );
}

function checkEntry(entry: StoredEntry): Discrepancy[] {
  const target = recomputeTarget(entry);
  const amount = target === null ? null : target - BigInt(entry.inputs.priorMinor);
  const problem = problemOf(entry, target, amount);
  if (problem === null) return [];
  return [{ entryId: entry.id, postedMinor: entry.amountMinor, recomputedMinor: amount, problem }];
}

function recomputeTarget(entry: StoredEntry): bigint | null {
  if (entry.inputs.calculation === null) return 0n;
  const result = calculate(entry.plan, entry.inputs.calculation);
  if ('hold' in result) return null;
  const line = result.lines.find(
    (candidate) => candidate.component === entry.component && candidate.currency === entry.currency,
  );
  return line?.amountMinor ?? null;
}

function problemOf(entry: StoredEntry, target: bigint | null, amount: bigint | null): string | null {
  if (target === null) return 'the stored inputs no longer lead to an amount';
  if (amount !== entry.amountMinor || target !== entry.targetMinor)
    return 'the stored inputs lead to another amount';
  if (entry.trace === null) return target === 0n ? null : 'an amount without a trace';
  return traceProblem(entry.trace, target, entry.currency);
}

function traceProblem(trace: Trace, target: bigint, currency: string): string | null {
  // Entries of before the engine say their steps in another form; their amounts are computed again all the same.
  if (trace.steps.every((step) => !('say' in step))) return null;
  try {
    return replayTrace(trace.steps, currency) === target ? null : 'the trace leads to another amount';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
