import { formatDecimal } from '../platform/money.ts';
import { isFull } from './any-plan.ts';
import { calculate } from './calculate.ts';
import type { CalculationInput, CommissionLine } from './calculate.ts';
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

export function assessEpoch(batch: Batch, epoch: WonEpoch): Assessment {
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
  return assessByPlan(epoch, plan, inputOf(batch, epoch, plan));
}

function assessByPlan(epoch: WonEpoch, plan: PublishedPlan, input: CalculationInput): Assessment {
  const result = calculate(plan.content, input);
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
