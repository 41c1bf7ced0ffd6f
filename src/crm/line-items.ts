import type { SyncError } from './sync-error.ts';

/**
 * A field of deals that the CRM computes from the deal's own products: while the field `while` is true, a write to it is
 * refused or ignored.
 */
export interface SummedField {
  field: string;
  while: string;
}

export interface LineValue {
  /** Decimal texts. */
  quantity: string;
  unitPrice: string;
}

/** A line of a registration, and what of it is in the CRM as far as we know. */
export interface WantedLine {
  /** Stable within the deal. */
  line: string;
  /** Of the vendor's price list; found by its code, or by its name where it has none. */
  code: string | null;
  name: string;
  quantity: string;
  /** Null: the list price. */
  unitPrice: string | null;
  crmId: string | null;
  /** What we wrote, or may have written where the answer was lost; [] = nothing was ever sent. */
  values: readonly LineValue[];
}

export interface LineItemsWanted {
  key: string;
  dealId: string;
  /** Name of the price book for a deal that has none; null = the CRM's standard one. */
  priceBook: string | null;
  withCurrency: boolean;
  lines: readonly WantedLine[];
  /** Lines of ours that the registration does not have any more. */
  gone: readonly Pick<WantedLine, 'line' | 'crmId' | 'values'>[];
}

/** ours: as we wrote it. theirs: somebody changed it, took it away or had it before; it is not touched again. */
export interface WrittenLine {
  line: string;
  crmId: string | null;
  state: 'ours' | 'theirs' | 'removed';
  value: LineValue | null;
}

/** `lines`: what is known of each now, whatever became of the others. waiting: a person has to do something first. */
export type LineItemsOutcome = { key: string; lines: readonly WrittenLine[] } & (
  | { status: 'written' }
  | { status: 'waiting'; plain: string; nextStep: string }
  | { status: 'failed'; error: SyncError }
);

/** A product of a deal, as the CRM has it. Numbers are exact decimal texts. */
export interface DealLineItem {
  /** The CRM's id of it. */
  id: string;
  code: string | null;
  name: string | null;
  family: string | null;
  quantity: string;
  unitPrice: string | null;
  /** What it adds to the amount of the deal, discounts included. */
  total: string;
  /** `YYYY-MM-DD` */
  date: string | null;
  /** ISO 4217; null in an org with one currency. */
  currency: string | null;
}
