/** What an endpoint for payouts is told. Each travels as `{ type, timestamp, data }`, signed (Standard Webhooks). */
export const messageTypes = [
  'commission.accrued',
  'commission.adjusted',
  'commission.reversed',
  'payout.triggered',
  'payout.adjusted',
] as const;
/** What whoever watches the system is told: a connection stops, and goes on. */
export const alertTypes = ['connection.needs-attention', 'connection.recovered'] as const;
export type AlertType = (typeof alertTypes)[number];
export type MessageType = (typeof messageTypes)[number] | AlertType;

interface MoneyData {
  dealId: string;
  /** Where the deal was registered, and its number there. */
  dealSource: string;
  dealRef: string;
  /** Counts the wins of the deal: 1, then 2 when it was reopened and won again. */
  epoch: number;
  partnerId: string;
  partnerKey: string;
  /** Exact decimal text with the decimals of the currency; negative takes back. */
  amount: string;
  /** The same in the smallest unit of the currency. */
  amountMinor: string;
  /** ISO 4217. */
  currency: string;
  explanation: string;
}

/** `commission.*`: one entry of the ledger. */
export interface CommissionData extends MoneyData {
  entryId: string;
  line: string;
  component: string;
  /** What the win earns in all with this entry, exact decimal text. */
  total: string;
  /** The entry this one corrects. */
  corrects: string | null;
  plan: { key: string; version: number };
  wonAt: string;
}

/** `payout.triggered`: pay this. `payout.adjusted`: take this back (the amount is negative). */
export interface PayoutData extends MoneyData {
  payoutId: string;
  /** 1, 2, 3… per win and partner, in the order they were decided; messages may arrive in another order. */
  sequence: number;
  entryIds: readonly string[];
  /** POST here (bearer API key) to acknowledge later instead of in the answer. A path on the API's address. */
  acknowledgeAt: string;
}

/** `connection.*`: one card, when it stops a connection and when it is solved. */
export interface AlertData {
  cardId: string;
  connection: string;
  kind: string;
  subject: string;
  plain: string;
  nextStep: string;
  since: string;
  /** Null while it goes on. */
  solvedAt: string | null;
}
