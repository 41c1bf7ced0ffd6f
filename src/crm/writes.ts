/** What is written to a CRM and what became of it. In a file of its own, for the parts of the port. */
import type { SyncError } from './sync-error.ts';
import type { DealTags } from './tags.ts';

/** A value as the vendor's API takes it. Amounts are decimal strings or what the mapping's transform made of them. */
export type FieldValue = string | number | boolean | null;
export type Fields = Record<string, FieldValue>;

export interface RecordWrite {
  /** Our unique id for the record: value of the key field. */
  key: string;
  /** Set for `update`: the CRM's id. A record deleted meanwhile answers `not-found` and is never recreated. */
  crmId?: string;
  /** Without the key field; the connector adds it on upsert. */
  fields: Fields;
}

export type WriteOutcome =
  | { key: string; status: 'written'; crmId: string; created: boolean }
  | { key: string; status: 'failed'; error: SyncError };

/**
 * Associations of one deal that must exist. `fresh`: the deal was created by us in this very run, so it has none yet.
 * `hadCustomer`: it was linked whole before, so its customer is the rep's by now and is not added to.
 */
export interface LinkWanted {
  key: string;
  dealId: string;
  accountId: string;
  contactId?: string;
  partnerAccountId?: string;
  fresh: boolean;
  hadCustomer?: boolean;
  /** What marks the deal as a partner's; only for connectors with `resolveNames`. */
  tags?: DealTags;
}
