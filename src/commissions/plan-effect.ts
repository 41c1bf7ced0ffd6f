/** Who gains and who loses when one plan takes the place of another: both are run on the same deals. */
import { readFile } from 'node:fs/promises';
import type { HeldEvent } from './engine/results.ts';
import { scaleOf } from './engine/round.ts';
import { Exact } from './exact.ts';
import type { Fault } from './fault.ts';
import type { FullPlan } from './language/full-plan.ts';
import { readInput } from './read-input.ts';
import { runFull } from './run-full.ts';
import { LineFault, streamPlan, type StreamedLine } from './stream-plan.ts';

/** Amounts as decimal text. */
export interface EffectRow {
  /** Null: all partners together. */
  partner: string | null;
  currency: string;
  before: string;
  after: string;
  difference: string;
  effect: 'gains' | 'loses' | 'same';
}

export interface PlanEffect {
  /** Of all entries, clawbacks taken off. */
  earned: EffectRow[];
  /** In the payout periods; empty where neither plan has any. */
  paid: EffectRow[];
  held: { before: HeldEvent[]; after: HeldEvent[] };
}

/**
 * What the second plan changes for each partner, and in total. Each plan is taken as if it had been in effect all along:
 * a new version begins later than the deals it is tried on.
 *
 * @param file the input of `plan run`: JSON, or one deal a line (.ndjson, .jsonl)
 * @returns the faults of the input, where it has some
 */
export async function effectOf(
  before: FullPlan,
  after: FullPlan,
  file: string,
): Promise<PlanEffect | { faults: readonly Fault[] }> {
  const outcomes = [];
  for (const plan of [before, after]) {
    const outcome = await runOn(alwaysInEffect(plan), file);
    if ('faults' in outcome) return outcome;
    outcomes.push(outcome);
  }
  const [was, is] = outcomes as [Outcome, Outcome];
  return {
    earned: compare(was.earned, is.earned),
    paid: compare(was.paid, is.paid),
    held: { before: was.held, after: is.held },
  };
}

/** By partner and currency. */
type Sums = Map<string, Exact>;
interface Outcome {
  earned: Sums;
  paid: Sums;
  held: HeldEvent[];
}

function alwaysInEffect(plan: FullPlan): FullPlan {
  return { ...plan, effectiveFrom: '0001-01-01', effectiveTo: undefined };
}

async function runOn(plan: FullPlan, file: string): Promise<Outcome | { faults: readonly Fault[] }> {
  const outcome: Outcome = { earned: new Map(), paid: new Map(), held: [] };
  if (/\.(ndjson|jsonl)$/.test(file)) {
    try {
      await streamPlan(plan, file, (line) => take(outcome, line));
      return outcome;
    } catch (error) {
      if (error instanceof LineFault) return { faults: error.faults };
      throw error;
    }
  }
  const read = readInput(await readFile(file, 'utf8'));
  if ('faults' in read) return read;
  const { entries, periods, held } = runFull(plan, read.input);
  for (const entry of entries) take(outcome, { entry });
  for (const period of periods) take(outcome, { period });
  return { ...outcome, held };
}

function take({ earned, paid, held }: Outcome, line: StreamedLine): void {
  if ('entry' in line) add(earned, line.entry.partner, line.entry);
  else if ('period' in line) add(paid, line.period.partner, line.period.paid);
  else if ('held' in line) held.push(line.held);
}

function add(sums: Sums, partner: string, { amount, currency }: { amount: string; currency: string }): void {
  const key = JSON.stringify([partner, currency]);
  sums.set(key, (sums.get(key) ?? new Exact(0)).plus(amount));
}

/** Partners by name, then everybody, by currency. */
function compare(before: Sums, after: Sums): EffectRow[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const rows = keys.map((key) => {
    const [partner, currency] = JSON.parse(key) as [string, string];
    return { partner, currency, was: before.get(key) ?? new Exact(0), is: after.get(key) ?? new Exact(0) };
  });
  const currencies = [...new Set(rows.map(({ currency }) => currency))].sort();
  const totals = currencies.map((currency) => {
    const own = rows.filter((row) => row.currency === currency);
    const sum = (name: 'was' | 'is'): Exact => own.reduce((all, row) => all.plus(row[name]), new Exact(0));
    return { partner: null, currency, was: sum('was'), is: sum('is') };
  });
  return [...rows, ...totals].map(({ partner, currency, was, is }) => {
    const difference = is.minus(was);
    const effect = difference.isZero() ? 'same' : difference.isPositive() ? 'gains' : 'loses';
    const [from, to, by] = [was, is, difference].map((amount) => shown(amount, currency)) as [
      string,
      string,
      string,
    ];
    return { partner, currency, before: from, after: to, difference: by, effect };
  });
}

/** With the decimals of the currency, and more where the plan leaves more. */
function shown(amount: Exact, currency: string): string {
  return amount.toFixed(Math.max(amount.decimalPlaces(), scaleOf('currency', currency)));
}
