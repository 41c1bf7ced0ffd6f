/** A ledger entry as payouts is told of it. */
export interface AnnouncedEntry {
  id: string;
  dealId: string;
  epoch: number;
  partnerId: string;
  line: string;
  component: string;
  kind: 'accrued' | 'adjusted' | 'reversed';
  amountMinor: bigint;
  targetMinor: bigint;
  currency: string;
  plan: { key: string; version: number };
  explanation: string;
  corrects: string | null;
  wonAt: Date;
}
