import { createHash } from 'node:crypto';
import type { DealSnapshot, StageEntry } from '../crm/connector.ts';

/** What the CRM's own stage history says happened, in its order. A won epoch is one entry into won. */
export interface StageTransition {
  kind: 'won' | 'lost' | 'reopened';
  historyId: string;
  at: Date;
  stage: string;
  amount: string | null;
  currency: string | null;
}

/**
 * Walks the vendor's history oldest first. Consecutive entries in the same condition are one (Salesforce writes a row
 * for each amount edit, too), so won → reopened → won between two looks is still two epochs.
 */
export function deriveTransitions(history: readonly StageEntry[]): StageTransition[] {
  const transitions: StageTransition[] = [];
  let condition: 'open' | 'won' | 'lost' = 'open';
  for (const entry of history) {
    const next = entry.won ? 'won' : entry.closed ? 'lost' : 'open';
    if (next !== condition) {
      transitions.push({
        kind: next === 'open' ? 'reopened' : next,
        historyId: entry.id,
        at: entry.at,
        stage: entry.stage,
        amount: entry.amount ?? null,
        currency: entry.currency ?? null,
      });
    }
    condition = next;
  }
  return transitions;
}

/**
 * The history has not caught up with the record's stage: reading it again later is right, guessing is not. An empty
 * history of a record with a stage lags, too: taken for complete, it would hide a win.
 */
export function historyLags(snapshot: DealSnapshot, currentStage: string | null): boolean {
  if (snapshot.deleted || currentStage === null) return false;
  return snapshot.stageHistory.at(-1)?.stage !== currentStage;
}

/** A stable id for changes that no history entry names. */
export function valueDigest(...parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
