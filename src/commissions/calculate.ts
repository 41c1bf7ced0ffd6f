/**
 * The calculation of one won deal: a plan and the deal in, lines or a hold out. Pure, so that an entry can be computed
 * again from what it stores, and a plan can be tried without a database. The engine does the work, whatever form the plan
 * has.
 */
import type { AnyPlan } from './any-plan.ts';
import { isFull } from './any-plan.ts';
import { assignBases, sayLeftOut, type AssignedLine, type LineInput } from './assign-bases.ts';
import type { Hold as EngineHold } from './engine/hold.ts';
import type { Deal, Partner } from './engine/input.ts';
import type { Entry, HeldEvent } from './engine/results.ts';
import { PlanRun } from './engine/run.ts';
import type { Step } from './engine/trace.ts';
import { Exact, isCurrency, toMinor } from './exact.ts';
import { expandShortPlan } from './expand-short-plan.ts';
import { Held } from './held.ts';
import type { HoldReason } from './held.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { Plan } from './plan.ts';
import type { Trace } from './trace.ts';

export interface CalculationInput {
  /** Exact decimal text in `currency`; null when the CRM has none. */
  amount: string | null;
  /** ISO 4217; null when the CRM has none. */
  currency: string | null;
  /** ISO 8601, UTC: the vendor's time of the win. */
  wonAt: string;
  /** The partner's tier on the day of the win, as recorded; null without one. */
  tier: string | null;
  /** The day that tier began. */
  tierSince: string | null;
  /** How the partner came in; absent: sourced. */
  influence?: 'influenced' | 'renewal';
  /** The line items of the win; absent where they are not read. */
  lines?: readonly LineInput[];
  /** What plans of the whole language may ask besides. */
  partner?: Partner;
  fields?: Record<string, string | null>;
  /** The sums of other deals it was computed with (counters, what rules paid on them before), as the engine names them. */
  found?: Record<string, string>;
}

/** What cannot be computed without a guess waits for a person. */
export interface Hold {
  hold: HoldReason | EngineHold['reason'];
  /** What is missing and what to do, one sentence. */
  explanation: string;
}

export interface CommissionLine {
  /** The rule that pays it. */
  component: string;
  amountMinor: bigint;
  currency: string;
  /** Before caps; exact decimal text. */
  uncapped: string;
  trace: Trace;
}

export type Calculation = { lines: readonly CommissionLine[] } | Hold;

/** Never throws for what a deal may hold: it answers a hold. */
export function calculate(plan: AnyPlan, input: CalculationInput): Calculation {
  try {
    return isFull(plan) ? calculateFull(plan, input) : calculateShort(plan, input);
  } catch (thrown) {
    if (thrown instanceof Held) return { hold: thrown.reason, explanation: thrown.message };
    throw thrown;
  }
}

/** The deal alone, with the sums it found. */
function calculateFull(plan: FullPlan, input: CalculationInput): Calculation {
  const all = calculateTogether(plan, new Map([['deal', input]]), input.found);
  const { calculation } = all.get('deal') ?? {};
  return calculation ?? { lines: [] };
}

/**
 * Deals that move the same counters, in the order of their wins, then of their names. A deal that is held moves nothing.
 * @param inputs by name
 * @param before sums that stand before the first of them
 * @returns for each the sums of the others that it was computed with
 */
export function calculateTogether(
  plan: FullPlan,
  inputs: ReadonlyMap<string, CalculationInput>,
  before?: Record<string, string>,
): Map<string, { calculation: Calculation; found: Record<string, string> }> {
  const results = new Map<string, { calculation: Calculation; found: Record<string, string> }>();
  const hold = (name: string, one: Hold): void => void results.set(name, { calculation: one, found: {} });
  const able = [...inputs].filter(([name, input]) => {
    const missing = influenceMissing(plan, input);
    if (missing !== null) hold(name, missing);
    return missing === null;
  });
  const entries = new Map<string, Entry[]>();
  const partners = new Map(able.flatMap(([, { partner }]) => (partner ? [[partner.partner, partner]] : [])));
  const engine = new PlanRun(plan, {
    partners: [...partners.values()],
    found: before,
    onEntry: (entry) => entries.set(entry.deal ?? '', [...(entries.get(entry.deal ?? '') ?? []), entry]),
    onHeld: ({ deal, reason, explanation }) => hold(deal ?? '', { hold: reason, explanation }),
    onTaken: (name, found) => results.set(name, { calculation: linesOf(entries.get(name) ?? []), found }),
    onPeriod: () => undefined,
  });
  engine.add(able.map(([name, input]) => ({ ...dealOf(input), deal: name })));
  engine.finish();
  return results;
}

/** What a win earns is never posted below zero. */
function linesOf(entries: readonly Entry[]): Calculation {
  const below = entries.find(({ amount }) => amount.lessThan(0));
  if (below === undefined) return { lines: entries.map((entry) => toLine(entry, [], [])) };
  const explanation = `Rule ${below.rule} comes out below zero for this win: ${below.amount.toFixed()} ${below.currency}; post it by hand, or publish a version that does not.`;
  return { hold: 'amount-negative', explanation };
}

function calculateShort(plan: Plan, input: CalculationInput): Calculation {
  const basis = requireBasis(plan, input);
  const lines = plan.basis === 'line-items' ? assignBases(plan, input.lines, basis) : null;
  const deal = { ...dealOf(input), ...(lines === null ? {} : { lines: lines.map(withBase) }) };
  const result = run(expandShortPlan(plan), deal, input.partner);
  if ('hold' in result) return result;
  for (const { uncapped, currency } of result) {
    if (!uncapped.isNegative() || uncapped.isZero()) continue;
    const explanation = `The line items earn less than nothing: ${uncapped.toFixed()} ${currency}.`;
    throw new Held('amount-negative', explanation);
  }
  const before = lines === null ? [] : [wholeOf(lines)];
  const after = lines === null ? [] : sayLeftOut(lines, basis.currency);
  return { lines: result.map((entry) => toLine(entry, before, after)) };
}

function dealOf({ partner, fields, lines, wonAt, found: _, ...rest }: CalculationInput): Deal {
  return {
    ...rest,
    wonAt,
    deal: 'deal',
    partner: partner?.partner ?? 'partner',
    ...(lines === undefined ? {} : { lines: [...lines] }),
    ...(fields === undefined ? {} : { fields }),
  };
}

function withBase({ base, ...line }: AssignedLine): NonNullable<Deal['lines']>[number] {
  return base === null ? line : { ...line, fields: { base } };
}

/** The line items and the difference are the whole amount. */
function wholeOf(lines: readonly AssignedLine[]): Step {
  const of = lines.map(({ total }) => total);
  const value = of.reduce((sum, part) => sum.plus(part), new Exact(0)).toFixed();
  return { step: 'basis', say: '', calculate: { op: 'sum', of }, value };
}

/** A short plan is of the amount of the deal, whatever its basis: without one it computes nothing. */
function requireBasis(
  plan: Plan,
  { amount, currency, wonAt }: CalculationInput,
): { amount: string; currency: string } {
  requireInEffect(plan, wonAt);
  if (currency === null) throw new Held('currency-missing', 'The deal has no currency in the CRM of record.');
  if (!isCurrency(currency))
    throw new Held('currency-unknown', `"${currency}" is not an ISO 4217 currency code.`);
  if (amount === null)
    throw new Held(
      'amount-missing',
      'The CRM of record shows no amount for the deal, or hides it from Tributary (see tributary cards).',
    );
  if (new Exact(amount).lessThan(0))
    throw new Held('amount-negative', `The amount of the deal is negative: ${amount} ${currency}.`);
  return { amount, currency };
}

/** A plan that never asks how a partner came in would pay all of it for a deal somebody else brought. */
function influenceMissing(plan: FullPlan, { influence }: CalculationInput): Hold | null {
  if (influence === undefined || asksForInfluence(plan)) return null;
  const explanation = `Plan ${plan.plan} version ${plan.version} does not ask who brought a deal, and the partner did not bring this one (${influence}); publish a version that asks for the fact "influence".`;
  return { hold: 'influence-not-in-plan', explanation };
}

function asksForInfluence(plan: FullPlan): boolean {
  return /"fact":"(influence|kind)"/.test(JSON.stringify(plan));
}

function requireInEffect({ plan, version, effectiveFrom, effectiveTo }: Plan, wonAt: string): void {
  const day = wonAt.slice(0, 10);
  if (effectiveFrom <= day && (effectiveTo === undefined || day < effectiveTo)) return;
  throw new Held('no-plan-in-effect', `Plan ${plan} version ${version} is not in effect on ${day}.`);
}

function run(plan: FullPlan, deal: Deal, partner: Partner | undefined): Entry[] | Hold {
  const entries: Entry[] = [];
  const held: HeldEvent[] = [];
  const engine = new PlanRun(plan, {
    partners: partner === undefined ? [] : [partner],
    onEntry: (entry) => entries.push(entry),
    onHeld: (one) => held.push(one),
    onPeriod: () => undefined,
  });
  engine.add([deal]);
  engine.finish();
  const [first] = held;
  return first === undefined ? entries : { hold: first.reason, explanation: first.explanation };
}

/** The amount is told as a step of its own where a rule only noted why it pays nothing. */
function toLine(entry: Entry, before: readonly Step[], after: readonly string[]): CommissionLine {
  const { rule, amount, uncapped, currency, steps } = entry;
  const last = steps.findLast(({ value }) => value !== undefined);
  const value = amount.toFixed();
  const total: Step[] =
    last !== undefined && last.value === value
      ? []
      : [{ step: 'total', say: '', calculate: { op: 'value', of: value }, value }];
  const notes = after.map((say) => ({ step: 'basis', say }));
  const all = [...before, ...steps, ...notes, ...total];
  const sentence = all
    .map(({ say }) => say)
    .filter((say) => say !== '')
    .join('; ');
  return {
    component: rule,
    amountMinor: toMinor(amount, currency),
    currency,
    uncapped: uncapped.toFixed(),
    trace: { steps: all, sentence },
  };
}
