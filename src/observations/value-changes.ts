/** Transitions that no stage history names: amount, products and deletion, told by comparing with what is stored. */
import type { DealSnapshot } from '../crm/connector.ts';
import { valueDigest } from './derive-transitions.ts';
import type { JudgedEpoch, NewTransition, StoredEpoch, StoredRecord } from './judgement.ts';

export function amountChanges(
  stored: StoredRecord,
  snapshot: DealSnapshot,
  epochs: readonly JudgedEpoch[],
): NewTransition[] {
  return epochs.flatMap((epoch) => {
    const before = stored.epochs.find((known) => known.historyId === epoch.historyId);
    if (
      !before ||
      !epoch.live ||
      (before.amountMinor === epoch.amountMinor && before.currency === epoch.currency)
    )
      return [];
    const value = [
      epoch.historyId,
      String(epoch.amountMinor),
      epoch.currency,
      snapshot.modifiedAt.toISOString(),
    ];
    return [
      {
        kind: 'amount-changed' as const,
        historyId: valueDigest(...value),
        epoch: epoch.epoch,
        stage: null,
        amountMinor: epoch.amountMinor,
        currency: epoch.currency,
        occurredAt: snapshot.modifiedAt,
      },
    ];
  });
}

/** The same products at another price, or others at the same: the amount alone would not show it. */
export function lineChanges(
  stored: StoredRecord,
  snapshot: DealSnapshot,
  epochs: readonly JudgedEpoch[],
): NewTransition[] {
  return epochs.flatMap((epoch) => {
    const before = stored.epochs.find((known) => known.historyId === epoch.historyId);
    if (!before || !epoch.live || linesOf(before) === linesOf(epoch)) return [];
    const { amountMinor, currency } = epoch;
    const historyId = valueDigest(epoch.historyId, linesOf(epoch), snapshot.modifiedAt.toISOString());
    const kind = 'lines-changed' as const;
    return [
      {
        kind,
        historyId,
        epoch: epoch.epoch,
        stage: null,
        amountMinor,
        currency,
        occurredAt: snapshot.modifiedAt,
      },
    ];
  });
}

/** Comparable: the database gives members back in an order of its own. */
export function linesOf({ lines }: Pick<StoredEpoch, 'lines'>): string {
  if (lines === null) return '';
  return JSON.stringify(
    lines
      .map((line) => Object.entries(line).sort(([a], [b]) => (a < b ? -1 : 1)))
      .map((entries) => JSON.stringify(entries))
      .sort(),
  );
}

export function deletionChange(stored: StoredRecord, snapshot: DealSnapshot): NewTransition[] {
  if (snapshot.deleted === stored.deleted) return [];
  const kind = snapshot.deleted ? ('deleted' as const) : ('undeleted' as const);
  const historyId = valueDigest(kind, snapshot.modifiedAt.toISOString());
  return [
    {
      kind,
      historyId,
      epoch: null,
      stage: null,
      amountMinor: null,
      currency: null,
      occurredAt: snapshot.modifiedAt,
    },
  ];
}
