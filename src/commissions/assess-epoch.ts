import { formatDecimal } from '../platform/money.ts';
import { isFull } from './any-plan.ts';
import { calculate, calculateTogether } from './calculate.ts';
import type { Calculation, CalculationInput, CommissionLine } from './calculate.ts';
import { isCurrency } from './exact.ts';
import type { Batch, WonEpoch } from './load-batch.ts';
import type { Outcome } from './outcomes.ts';
import { planAt } from './published-plans.ts';
import type { PublishedPlan } from './published-plans.ts';

/** The whole deal is one line of the ledger; what each product earns stands in the trace. */
export const DEAL_LINE = 'deal';

/** What one won epoch should have earned in all, as of now. */
export interface Assessment {
  outcome: Outcome;
  /** Null while held: what is posted stays as it is until the hold is lifted. */
  targets: readonly Target[] | null;
}

export interface Target {
  line: string;
  component: string;
  amountMinor: bigint;
  currency: string;
  plan: PublishedPlan;
  input: CalculationInput;
  trace: CommissionLine['trace'];
}

/** Wins that count together, by `nameOf`: what each earns, with what it was computed of. */
export type Counted = ReadonlyMap<string, { calculation: Calculation; input: CalculationInput }>;

export function nameOf({ dealId, epoch }: Pick<WonEpoch, 'dealId' | 'epoch'>): string {
  return `${dealId} ${epoch}`;
}

/** Computes the live wins of one scope in the order of time. All of them must be in the batch. */
export function countTogether(batch: Batch, plan: PublishedPlan, epochs: readonly WonEpoch[]): Counted {
  if (!isFull(plan.content)) return new Map();
  const counting = epochs.filter(({ live, earnsNothingBecause }) => live && earnsNothingBecause === null);
  const inputs = new Map(counting.map((epoch) => [nameOf(epoch), inputOf(batch, epoch, plan)]));
  const results = calculateTogether(plan.content, inputs);
  return new Map(
    [...inputs].flatMap(([name, input]) => {
      const result = results.get(name);
      if (result === undefined) return [];
      const found = Object.keys(result.found).length === 0 ? {} : { found: result.found };
      return [[name, { calculation: result.calculation, input: { ...input, ...found } }]];
    }),
  );
}

export function assessEpoch(batch: Batch, epoch: WonEpoch, counted: Counted): Assessment {
  if (!epoch.live) {
    const reason = epoch.endedBy ?? 'ended';
    return earnsNothing(epoch, reason, `The win of ${dayOf(epoch)} no longer holds (${reason}).`);
  }
  if (epoch.earnsNothingBecause !== null) {
    return earnsNothing(
      epoch,
      epoch.earnsNothingBecause,
      `This win earns nothing: ${epoch.earnsNothingBecause}.`,
    );
  }
  const plan = planAt(batch.plans, epoch.wonAt);
  if (plan === undefined) {
    const explanation = `No published plan is in effect on ${dayOf(epoch)}; publish one.`;
    return { outcome: outcomeOf(epoch, 'held', 'no-plan-in-effect', explanation), targets: null };
  }
  const together = counted.get(nameOf(epoch));
  const input = together?.input ?? inputOf(batch, epoch, plan);
  return assessByPlan(epoch, plan, input, together?.calculation ?? calculate(plan.content, input));
}

function assessByPlan(
  epoch: WonEpoch,
  plan: PublishedPlan,
  input: CalculationInput,
  result: Calculation,
): Assessment {
  if ('hold' in result) {
    return { outcome: outcomeOf(epoch, 'held', result.hold, result.explanation), targets: null };
  }
  const targets = result.lines.map(({ component, amountMinor, currency, trace }) => ({
    ...{ component, amountMinor, currency, trace },
    ...{ line: DEAL_LINE, plan, input },
  }));
  const { plan: name, version } = plan.content;
  const sentences =
    result.lines.map((line) => line.trace.sentence).join('; ') ||
    `No rule of plan ${name} version ${version} is for this win.`;
  const earned = result.lines.some((line) => line.amountMinor > 0n);
  return {
    outcome: outcomeOf(epoch, earned ? 'earned' : 'nothing', earned ? null : 'amounts-to-zero', sentences),
    targets,
  };
}

function inputOf(batch: Batch, epoch: WonEpoch, plan: PublishedPlan): CalculationInput {
  const day = dayOf(epoch);
  const period = batch.tiers.get(epoch.partnerId)?.find((tier) => tier.since <= day);
  return {
    amount: amountText(epoch),
    currency: epoch.currency,
    wonAt: epoch.wonAt.toISOString(),
    tier: period?.tier ?? null,
    tierSince: period?.since ?? null,
    ...(epoch.influence === null ? {} : { influence: epoch.influence }),
    ...(epoch.lines === null ? {} : { lines: epoch.lines }),
    ...(isFull(plan.content) ? factsOf(epoch) : {}),
  };
}

/** A short plan asks for none of these, so its entries do not store them. */
function factsOf({
  partnerKey,
  partnerCountry,
  companyCountry,
  source,
}: WonEpoch): Pick<CalculationInput, 'partner' | 'fields'> {
  return {
    partner: {
      partner: partnerKey,
      ...(partnerCountry === null ? {} : { fields: { country: partnerCountry } }),
    },
    fields: { companyCountry, source },
  };
}

function amountText(epoch: WonEpoch): string | null {
  if (epoch.amountMinor === null || epoch.currency === null || !isCurrency(epoch.currency)) return null;
  return formatDecimal({ minor: epoch.amountMinor, currency: epoch.currency });
}

function earnsNothing(epoch: WonEpoch, reason: string, explanation: string): Assessment {
  return { outcome: outcomeOf(epoch, 'nothing', reason, explanation), targets: [] };
}

function outcomeOf(
  epoch: WonEpoch,
  state: Outcome['state'],
  reason: string | null,
  explanation: string,
): Outcome {
  const { dealId, revision } = epoch;
  return { dealId, epoch: epoch.epoch, epochRevision: revision, state, reason, explanation };
}

function dayOf(epoch: WonEpoch): string {
  return epoch.wonAt.toISOString().slice(0, 10);
}
