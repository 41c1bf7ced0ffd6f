/** Runs a plan on an input and collects what comes out, ready to be printed. Pure. */
import { formatDecimal } from '../platform/money.ts';
import { Exact } from './exact.ts';
import type { Input } from './engine/input.ts';
import type { Entry, HeldEvent, PeriodResult } from './engine/results.ts';
import { scaleOf } from './engine/round.ts';
import { PlanRun } from './engine/run.ts';
import type { FullPlan } from './language/full-plan.ts';

export interface PrintedEntry {
  id: number;
  deal: string | null;
  partner: string;
  role: string | null;
  rule: string;
  label: string;
  kind: Entry['kind'];
  event: string;
  at: string;
  /** Exact decimal text; rounded unless the plan rounds the total of a period. */
  amount: string;
  /** In the smallest unit of the currency; null where it is not rounded to it. */
  amountMinor: string | null;
  currency: string;
  uncapped: string;
  corrects: number | null;
  releases: { at: string | null; amount: string }[];
  explanation: string;
  trace: { sentence: string; steps: Entry['steps'] };
}

/** Amounts as decimal text. */
export type PrintedPeriod = Omit<PeriodResult, AmountName | 'paid'> &
  Record<AmountName, string> & { paid: { amount: string; currency: string } };

const amountNames = [
  'carriedIn',
  'earned',
  'heldBack',
  'released',
  'clawedBack',
  'drawPaid',
  'drawRepaid',
  'drawBalance',
  'forfeited',
  'carriedOut',
  'payable',
] as const;
type AmountName = (typeof amountNames)[number];

export interface FullTrial {
  plan: { key: string; version: number };
  entries: PrintedEntry[];
  periods: PrintedPeriod[];
  pending: { partner: string; deal: string | null; at: string | null; amount: string; currency: string }[];
  held: HeldEvent[];
  counters: { counter: string; of: string; period: string; value: string }[];
  balances: { partner: string; currency: string; carried: string; draw: string }[];
  /** Entries per currency, exact. */
  totals: Record<string, string>;
  /** The same by partner. */
  byPartner: Record<string, Record<string, string>>;
}

export function freshTrial(plan: FullPlan): FullTrial {
  return {
    plan: { key: plan.plan, version: plan.version },
    entries: [],
    periods: [],
    pending: [],
    held: [],
    counters: [],
    balances: [],
    totals: {},
    byPartner: {},
  };
}

export function runFull(plan: FullPlan, input: Input): FullTrial {
  const trial = freshTrial(plan);
  const run = new PlanRun(plan, {
    partners: input.partners,
    state: input.state,
    rates: input.rates,
    onEntry: (entry) => {
      trial.entries.push(printEntry(entry));
      addUp(trial, entry);
    },
    onHeld: (held) => trial.held.push(held),
    onPeriod: (period) => trial.periods.push(printPeriod(period)),
  });
  run.add(input.deals);
  run.finish(input.asOf);
  return { ...trial, ...ending(trial, run) };
}

/** What stands when everything was taken. */
export function ending(
  { plan, totals, byPartner }: FullTrial,
  run: PlanRun,
): Pick<FullTrial, 'plan' | 'pending' | 'counters' | 'balances' | 'totals' | 'byPartner'> {
  return {
    plan,
    pending: run.pending().map((one) => ({ ...one, amount: shown(one.amount, one.currency) })),
    counters: run.counters().map((one) => ({ ...one, value: one.value.toFixed() })),
    balances: run.balances().map((one) => ({
      ...one,
      carried: shown(one.carried, one.currency),
      draw: shown(one.draw, one.currency),
    })),
    totals,
    byPartner,
  };
}

export function addUp(trial: FullTrial, { partner, amount, currency }: Entry): void {
  trial.totals[currency] = shown(new Exact(trial.totals[currency] ?? '0').plus(amount), currency);
  const own = (trial.byPartner[partner] ??= {});
  own[currency] = shown(new Exact(own[currency] ?? '0').plus(amount), currency);
}

export function printEntry(entry: Entry): PrintedEntry {
  const { amount, uncapped, currency, releases, steps, explanation, ...rest } = entry;
  return {
    ...rest,
    amount: shown(amount, currency),
    amountMinor: minorOf(amount, currency),
    currency,
    uncapped: uncapped.toFixed(),
    releases: releases.map((one) => ({ at: one.at, amount: shown(one.amount, currency) })),
    explanation,
    trace: { sentence: explanation, steps },
  };
}

function minorOf(amount: Exact, currency: string): string | null {
  const exponent = scaleOf('currency', currency);
  if (amount.decimalPlaces() > exponent) return null;
  return amount
    .toFixed(exponent)
    .replace('.', '')
    .replace(/^(-?)0+(?=\d)/, '$1');
}

/** With the decimals of the currency where they suffice, else with all it has. */
function shown(amount: Exact, currency: string): string {
  const minor = minorOf(amount, currency);
  return minor === null ? amount.toFixed() : formatDecimal({ minor: BigInt(minor), currency });
}

export function printPeriod(period: PeriodResult): PrintedPeriod {
  const { amount, currency } = period.paid;
  const amounts = amountNames.map((name) => [name, shown(period[name], period.currency)] as const);
  return {
    ...period,
    ...(Object.fromEntries(amounts) as Record<AmountName, string>),
    paid: { amount: shown(amount, currency), currency },
  };
}
