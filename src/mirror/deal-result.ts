import type { Fields, FieldValue } from '../crm/connector.ts';

/** What a person sees of a failure; stored with the row. */
export interface StoredError {
  kind: string;
  stage?: string;
  plain: string;
  nextStep?: string;
  vendorCode?: string;
  vendorMessage?: string;
  fields?: readonly string[];
  /** A record it refers to is gone or merged: the deal is tried again once its references were looked at. */
  referenceGone?: true;
}

export interface DealResult {
  dealId: string;
  state: 'mirrored' | 'shadowed' | 'due' | 'parked' | 'tombstone';
  /** The version that was claimed and sent; a newer desired version leaves the row due. */
  version: number;
  /** As claimed; a row that was made due anew meanwhile stays due. */
  claimedDueAt: Date | null;
  hash: string | null;
  crmId: string | null;
  linked: boolean;
  /** Written for sure, links still missing: the hash of what was written. `pushedFresh`: no link was ever sent. */
  pushedHash?: string | null;
  pushedFresh?: boolean;
  /** The CRM's state is unknown: look up by key before the next write. */
  suspect: boolean;
  dueAt: Date | null;
  error: StoredError | null;
  /** The CRM answered under the record of another deal: what became of this one's own record has to be read. */
  mergedAway?: true;
  /** What was sent or would have been; null when nothing was. */
  write: {
    operation: 'upsert' | 'update' | 'link';
    outcome: 'written' | 'refused' | 'ambiguous' | 'shadow';
    fields: Fields;
  } | null;
  /** It was sent with a person's word to pass a duplicate rule. */
  allowed?: true;
  /** The record was made by this write, or by an earlier one of ours that is recorded only now. */
  created?: boolean;
  /** Left out of `write`, because the record's own products hold it. */
  withheld?: Fields;
  /** What of the registration the fields were given that are (or become) the rep's, by field. */
  offers?: Readonly<Record<string, { from: string; v: FieldValue; id?: string }>>;
}

/**
 * Whether the fields are in the CRM: they are also where only the links that follow them failed or got no answer. Of
 * fields that an interrupted run wrote nobody may know yet (`link`: nothing was left but the links).
 */
export function hasLanded({ write, error }: DealResult): boolean {
  if (write === null) return false;
  return write.outcome === 'written' || (write.outcome !== 'shadow' && error?.stage === 'link');
}
