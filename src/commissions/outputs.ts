import type { Sql } from '../platform/database/database.ts';

/** A commission entry as others are told of it, in the transaction that posts it. */
export interface PostedEntry {
  id: string;
  dealId: string;
  epoch: number;
  partnerId: string;
  line: string;
  component: string;
  revision: number;
  kind: 'accrued' | 'adjusted' | 'reversed';
  /** What this entry adds; negative takes back. In minor units of `currency`. */
  amountMinor: bigint;
  /** What the win earns in all, with this entry. */
  targetMinor: bigint;
  currency: string;
  plan: { key: string; version: number };
  explanation: string;
  /** The entry before it, which this one corrects. */
  corrects: string | null;
  wonAt: Date;
  postedAt: Date;
}

/**
 * What entries set off: messages, mails, payouts. The composition root gives the implementation. It runs inside the
 * transaction that posts, so an entry without its consequences (or the other way round) cannot be.
 */
export interface CommissionOutputs {
  entriesPosted(tx: Sql, entries: readonly PostedEntry[]): Promise<void>;
}
