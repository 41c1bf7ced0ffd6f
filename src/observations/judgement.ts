import type { DealLineItem } from '../crm/line-items.ts';

export interface StoredEpoch {
  epoch: number;
  historyId: string;
  wonAt: Date;
  amountMinor: bigint | null;
  currency: string | null;
  live: boolean;
  endedBy: string | null;
  /** The line items of the win; null where they are not read. */
  lines: readonly DealLineItem[] | null;
}

export interface StoredRecord {
  dealId: string;
  connectionId: string;
  crmId: string;
  crmOfRecord: string | null;
  /** Wins before this instant earn nothing. */
  cutoff: Date | null;
  deleted: boolean;
  /** `kind:historyId` of the transitions stored for this deal on this connection. */
  transitions: ReadonlySet<string>;
  /** The epochs of this deal on this connection. */
  epochs: readonly StoredEpoch[];
  /** The highest epoch number of the deal over all connections; 0 = none. */
  lastEpoch: number;
  mirroredVersion: number | null;
  /** That version was written again as often as it may be: what the CRM makes of it stays. */
  isFinal?: boolean;
}

export interface NewTransition {
  kind: 'won' | 'lost' | 'reopened' | 'amount-changed' | 'lines-changed' | 'deleted' | 'undeleted';
  historyId: string;
  epoch: number | null;
  stage: string | null;
  amountMinor: bigint | null;
  currency: string | null;
  occurredAt: Date;
}

export interface JudgedEpoch extends StoredEpoch {
  endedAt: Date | null;
  earnsNothingBecause: string | null;
}

export interface Judgement {
  transitions: NewTransition[];
  /** Epochs that are new or changed; the rest stays untouched. */
  epochs: JudgedEpoch[];
  /** The deal's condition as its CRM of record shows it; null where this connection has no say. */
  status: 'approved' | 'won' | 'lost' | null;
  deletion: 'deleted' | 'undeleted' | null;
  /** The CRM holds an older version than we mirrored: a late writer overwrote us. */
  drifted: boolean;
}
