/** What a run answers. */
import type { Exact } from '../exact.ts';
import type { HoldReason } from './hold.ts';
import type { Step } from './trace.ts';

export interface Release {
  /** Day; null: not known yet (not paid in full, say). */
  at: string | null;
  amount: Exact;
  say: string;
}

export interface Entry {
  /** Counted from 1 within the run. */
  id: number;
  deal: string | null;
  partner: string;
  role: string | null;
  rule: string;
  label: string;
  kind: 'earned' | 'clawback' | 'voided';
  /** won, invoice, payment, refund, cancel, or the period whose end it was. */
  event: string;
  at: string;
  /** The invoice or payment, as the input names it. */
  part: string | null;
  /** Rounded, unless the plan rounds the total of a period. */
  amount: Exact;
  currency: string;
  /** Before caps, exact. */
  uncapped: Exact;
  /** The entry that this one takes back. */
  corrects: number | null;
  releases: Release[];
  explanation: string;
  steps: readonly Step[];
}

export interface HeldEvent {
  deal: string | null;
  partner: string | null;
  event: string;
  at: string;
  reason: HoldReason;
  explanation: string;
}

/** What one partner is paid for one period, in one currency. */
export interface PeriodResult {
  partner: string;
  period: string;
  from: string;
  to: string;
  currency: string;
  carriedIn: Exact;
  earned: Exact;
  heldBack: Exact;
  released: Exact;
  clawedBack: Exact;
  drawPaid: Exact;
  drawRepaid: Exact;
  drawBalance: Exact;
  forfeited: Exact;
  carriedOut: Exact;
  /** In the plan's currency. */
  payable: Exact;
  /** What is paid, in the currency paid. */
  paid: { amount: Exact; currency: string };
  explanation: string;
  steps: readonly Step[];
}
