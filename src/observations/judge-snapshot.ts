import type { DealSnapshot, FieldValue } from '../crm/connector.ts';
import type { DealLineItem } from '../crm/line-items.ts';
import type { ObservedName } from '../mapping/schema.ts';
import { parseMoney } from '../platform/money.ts';
import { deriveTransitions, type StageTransition } from './derive-transitions.ts';
import type { JudgedEpoch, Judgement, NewTransition, StoredEpoch, StoredRecord } from './judgement.ts';
import { amountChanges, deletionChange, lineChanges, linesOf } from './value-changes.ts';

export type { Judgement, StoredEpoch, StoredRecord } from './judgement.ts';

export type ObservedValues = Partial<Record<ObservedName, FieldValue>>;

interface CurrentAmount {
  minor: bigint | null;
  currency: string | null;
  lines: readonly DealLineItem[] | null;
  /** The amount was not asked for: its row is paused. What is known of it stays, and is never taken for nothing. */
  unread?: boolean;
}

/**
 * Compares what the CRM shows with what is stored. Pure: the same snapshot judged again yields nothing new, so
 * duplicates and disorder of notifications cannot change money.
 */
export function judgeSnapshot(
  stored: StoredRecord,
  snapshot: DealSnapshot,
  observed: ObservedValues,
  orgCurrency: string,
): Judgement {
  const stages = snapshot.deleted ? [] : deriveTransitions(snapshot.stageHistory);
  const current = currentAmount(snapshot, observed, orgCurrency);
  const numbered = numberEpochs(stored, stages);
  const epochs = judgeEpochs(stored, snapshot, stages, numbered, current);
  const changed = epochs.filter((epoch) => isChanged(epoch, stored));
  return {
    transitions: [
      ...newStageTransitions(stored, stages, numbered),
      ...amountChanges(stored, snapshot, epochs),
      ...lineChanges(stored, snapshot, epochs),
      ...deletionChange(stored, snapshot),
    ],
    epochs: changed,
    status: stored.crmOfRecord === stored.connectionId ? dealStatus(snapshot, stages, epochs) : null,
    deletion: snapshot.deleted === stored.deleted ? null : snapshot.deleted ? 'deleted' : 'undeleted',
    drifted: hasDrifted(stored, snapshot, observed),
  };
}

/** An amount the currency cannot carry exactly is no amount: the commission is held with that reason, never rounded. */
function currentAmount(snapshot: DealSnapshot, observed: ObservedValues, orgCurrency: string): CurrentAmount {
  const currency =
    typeof observed.currency === 'string' && observed.currency !== '' ? observed.currency : orgCurrency;
  const minor = toMinor(observed.amount ?? null, currency);
  return { minor, currency, lines: snapshot.lineItems ?? null, unread: observed.amount === undefined };
}

/** A win whose amount was not read has none yet: its commission is held, and computed when the amount is read. */
function unknownAmount({ currency, lines }: CurrentAmount): CurrentAmount {
  return { minor: null, currency, lines };
}

function toMinor(amount: FieldValue, currency: string): bigint | null {
  if (amount === null || amount === '' || typeof amount === 'boolean') return null;
  try {
    return parseMoney(String(amount), currency).minor;
  } catch {
    return null;
  }
}

function numberEpochs(stored: StoredRecord, stages: readonly StageTransition[]): Map<string, number> {
  const numbers = new Map(stored.epochs.map((epoch) => [epoch.historyId, epoch.epoch]));
  let next = stored.lastEpoch + 1;
  for (const stage of stages) {
    if (stage.kind === 'won' && !numbers.has(stage.historyId)) numbers.set(stage.historyId, next++);
  }
  return numbers;
}

function judgeEpochs(
  stored: StoredRecord,
  snapshot: DealSnapshot,
  stages: readonly StageTransition[],
  numbers: ReadonlyMap<string, number>,
  current: CurrentAmount,
): JudgedEpoch[] {
  const fromHistory = stages.flatMap((stage, index) => {
    if (stage.kind !== 'won') return [];
    return [judgeWonStage(stored, stage, stages[index + 1], numbers.get(stage.historyId) ?? 0, current)];
  });
  const seen = new Set(fromHistory.map((epoch) => epoch.historyId));
  const vanished = stored.epochs
    .filter((epoch) => !seen.has(epoch.historyId))
    .map((epoch) => endEpoch(stored, epoch, snapshot));
  return [...vanished, ...fromHistory];
}

function judgeWonStage(
  stored: StoredRecord,
  stage: StageTransition,
  following: StageTransition | undefined,
  epoch: number,
  current: CurrentAmount,
): JudgedEpoch {
  const before = stored.epochs.find((known) => known.historyId === stage.historyId);
  const live = following === undefined;
  const historic = {
    minor: toMinor(stage.amount, stage.currency ?? current.currency ?? ''),
    currency: stage.currency ?? current.currency,
    lines: null,
  };
  const past: CurrentAmount = before
    ? { minor: before.amountMinor, currency: before.currency, lines: before.lines }
    : historic;
  const amount = live ? (current.unread ? (before ? past : unknownAmount(current)) : current) : past;
  return {
    epoch,
    historyId: stage.historyId,
    wonAt: stage.at,
    amountMinor: amount.minor,
    currency: amount.currency,
    // Where they are no longer read, what was read of the win stays.
    lines: amount.lines ?? before?.lines ?? null,
    live,
    endedAt: following?.at ?? null,
    endedBy: following?.kind ?? null,
    earnsNothingBecause: whyNothing(stored, stage.at),
  };
}

/** The record was deleted, or its history no longer shows the win: the epoch ends, its commission is reversed. */
function endEpoch(stored: StoredRecord, epoch: StoredEpoch, snapshot: DealSnapshot): JudgedEpoch {
  const endedBy = epoch.live ? (snapshot.deleted ? 'deleted' : 'history') : epoch.endedBy;
  return {
    ...epoch,
    live: false,
    endedAt: snapshot.modifiedAt,
    endedBy,
    earnsNothingBecause: whyNothing(stored, epoch.wonAt),
  };
}

function whyNothing(stored: StoredRecord, wonAt: Date): string | null {
  if (stored.crmOfRecord !== stored.connectionId) return 'not-crm-of-record';
  if (stored.cutoff && wonAt < stored.cutoff) return 'before-cutoff';
  return null;
}

function isChanged(epoch: JudgedEpoch, stored: StoredRecord): boolean {
  const before = stored.epochs.find((known) => known.historyId === epoch.historyId);
  return (
    before === undefined ||
    before.live !== epoch.live ||
    before.amountMinor !== epoch.amountMinor ||
    before.currency !== epoch.currency ||
    before.endedBy !== epoch.endedBy ||
    linesOf(before) !== linesOf(epoch)
  );
}

function newStageTransitions(
  stored: StoredRecord,
  stages: readonly StageTransition[],
  numbers: ReadonlyMap<string, number>,
): NewTransition[] {
  return stages
    .filter((stage) => !stored.transitions.has(`${stage.kind}:${stage.historyId}`))
    .map((stage) => ({
      kind: stage.kind,
      historyId: stage.historyId,
      epoch: numbers.get(stage.historyId) ?? null,
      stage: stage.stage,
      amountMinor: stage.currency ? toMinor(stage.amount, stage.currency) : null,
      currency: stage.currency,
      occurredAt: stage.at,
    }));
}

function dealStatus(
  snapshot: DealSnapshot,
  stages: readonly StageTransition[],
  epochs: readonly JudgedEpoch[],
): 'approved' | 'won' | 'lost' {
  if (epochs.some((epoch) => epoch.live)) return 'won';
  return !snapshot.deleted && stages.at(-1)?.kind === 'lost' ? 'lost' : 'approved';
}

function hasDrifted(stored: StoredRecord, snapshot: DealSnapshot, observed: ObservedValues): boolean {
  if (snapshot.deleted || stored.mirroredVersion === null || observed.version === undefined) return false;
  if (stored.isFinal) return false;
  return Number(observed.version ?? 0) < stored.mirroredVersion;
}
