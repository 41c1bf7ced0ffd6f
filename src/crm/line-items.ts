/**
 * A field of deals that the CRM computes from the deal's own products: while the field `while` is true, a write to it is
 * refused or ignored.
 */
export interface SummedField {
  field: string;
  while: string;
}

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
