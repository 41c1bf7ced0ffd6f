import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import { formatDecimal } from '../platform/money.ts';
import type { Assessment, Target } from './assess-epoch.ts';
import { readable } from './exact.ts';
import type { PriorEntry, WonEpoch } from './load-batch.ts';
import type { PostedEntry } from './outputs.ts';
import type { PublishedPlan } from './published-plans.ts';
import type { CalculationInput } from './calculate.ts';
import type { Trace } from './trace.ts';

/** What an entry stores so that anybody can compute it again. No personal data. */
export interface EntryInputs {
  epoch: { live: boolean; endedBy: string | null; earnsNothingBecause: string | null };
  /** Null when the target is zero without any calculation. */
  calculation: CalculationInput | null;
  /** What was posted before, in minor units. */
  priorMinor: string;
}

export interface NewEntry extends PostedEntry {
  planId: string;
  epochRevision: number;
  inputs: EntryInputs;
  trace: Trace | null;
}

/** What one partner has been posted for one line and component of one epoch, in one currency. */
interface Standing {
  partnerId: string;
  line: string;
  component: string;
  currency: string;
  postedMinor: bigint;
  planId: string | null;
  target: Target | null;
}

/**
 * The entries that bring one epoch's ledger to its target: none when it is there already. Every entry corrects the
 * one before it; nothing posted is touched. `entries` are this epoch's, oldest first.
 */
export function differenceEntries(
  epoch: WonEpoch,
  assessment: Assessment,
  entries: readonly PriorEntry[],
  plans: readonly PublishedPlan[],
  clock: Clock,
): NewEntry[] {
  if (assessment.targets === null) return [];
  const chain = new Chain(entries);
  return standings(epoch, assessment.targets, entries)
    .filter((standing) => (standing.target?.amountMinor ?? 0n) !== standing.postedMinor)
    .map((standing) => entryFor(epoch, assessment, standing, chain, plans, clock));
}

/** Counts revisions and remembers the latest entry per key; currencies of one key share one count. */
class Chain {
  readonly #latest = new Map<string, { id: string; revision: number }>();

  constructor(entries: readonly PriorEntry[]) {
    for (const entry of entries)
      this.#latest.set(chainKey(entry), { id: entry.id, revision: entry.revision });
  }

  append(
    entry: { partnerId: string; line: string; component: string },
    id: string,
  ): { revision: number; corrects: string | null } {
    const before = this.#latest.get(chainKey(entry));
    const revision = (before?.revision ?? 0) + 1;
    this.#latest.set(chainKey(entry), { id, revision });
    return { revision, corrects: before?.id ?? null };
  }
}

function chainKey(entry: { partnerId: string; line: string; component: string }): string {
  return JSON.stringify([entry.partnerId, entry.line, entry.component]);
}

/** Posted sums joined with targets. What was posted and has no target any more is to become zero: it comes first. */
function standings(epoch: WonEpoch, targets: readonly Target[], entries: readonly PriorEntry[]): Standing[] {
  const byKey = new Map<string, Standing>();
  for (const entry of entries) {
    const standing = standingOf(byKey, entry);
    standing.postedMinor += entry.amountMinor;
    standing.planId = entry.planId;
  }
  for (const target of targets) {
    const standing = standingOf(byKey, { ...target, partnerId: epoch.partnerId });
    standing.target = target;
  }
  return [...byKey.values()].sort((a, b) => Number(a.target !== null) - Number(b.target !== null));
}

type StandingKey = Pick<Standing, 'partnerId' | 'line' | 'component' | 'currency'>;

function standingOf(
  byKey: Map<string, Standing>,
  { partnerId, line, component, currency }: StandingKey,
): Standing {
  const key = JSON.stringify([partnerId, line, component, currency]);
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const fresh = { partnerId, line, component, currency, postedMinor: 0n, planId: null, target: null };
  byKey.set(key, fresh);
  return fresh;
}

function entryFor(
  epoch: WonEpoch,
  assessment: Assessment,
  standing: Standing,
  chain: Chain,
  plans: readonly PublishedPlan[],
  clock: Clock,
): NewEntry {
  const { target, postedMinor, partnerId, line, component, currency } = standing;
  const targetMinor = target?.amountMinor ?? 0n;
  const plan = target?.plan ?? planById(plans, standing.planId);
  const id = newId(clock);
  return {
    id,
    dealId: epoch.dealId,
    epoch: epoch.epoch,
    partnerId,
    line,
    component,
    ...chain.append(standing, id),
    kind: kindOf(postedMinor, targetMinor),
    amountMinor: targetMinor - postedMinor,
    targetMinor,
    currency,
    plan: { key: plan.content.plan, version: plan.content.version },
    planId: plan.id,
    epochRevision: epoch.revision,
    inputs: inputsOf(epoch, standing),
    trace: target?.trace ?? null,
    explanation: explain(assessment, standing, targetMinor),
    wonAt: epoch.wonAt,
    postedAt: clock.now(),
  };
}

function kindOf(postedMinor: bigint, targetMinor: bigint): PostedEntry['kind'] {
  if (postedMinor === 0n) return 'accrued';
  return targetMinor === 0n ? 'reversed' : 'adjusted';
}

function planById(plans: readonly PublishedPlan[], id: string | null): PublishedPlan {
  const plan = plans.find((candidate) => candidate.id === id);
  if (plan === undefined) throw new Error(`entries refer to plan ${id}, which is not published`);
  return plan;
}

function inputsOf(epoch: WonEpoch, { target, postedMinor }: Standing): EntryInputs {
  const { live, endedBy, earnsNothingBecause } = epoch;
  return {
    epoch: { live, endedBy, earnsNothingBecause },
    calculation: target?.input ?? null,
    priorMinor: postedMinor.toString(),
  };
}

function explain(assessment: Assessment, standing: Standing, targetMinor: bigint): string {
  const { target, postedMinor, currency } = standing;
  const reason = target?.trace.sentence ?? reasonForNone(assessment);
  if (postedMinor === 0n) return reason;
  const before = amountOf(postedMinor, currency);
  if (targetMinor === 0n) return `${reason}; ${before} taken back`;
  return `${reason}; posted before: ${before}, difference ${amountOf(targetMinor - postedMinor, currency)}`;
}

function reasonForNone({ targets, outcome }: Assessment): string {
  const moved = targets !== null && targets.length > 0;
  return moved ? 'The partner or the currency of the deal changed' : outcome.explanation.replace(/\.$/, '');
}

function amountOf(minor: bigint, currency: string): string {
  return `${readable(formatDecimal({ minor, currency }), currency)} ${currency}`;
}
