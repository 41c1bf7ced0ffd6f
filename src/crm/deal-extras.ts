import type { CallOptions } from './call-options.ts';
import type { ConflictingRecord, ConflictsWanted } from './conflicts.ts';
import type { DealLineItem, LineItemsOutcome, LineItemsWanted } from './line-items.ts';
import type { PollLeads } from './leads.ts';
import type { Removal } from './removal.ts';
import type { UnregisteredDeal, UnregisteredWanted } from './unregistered.ts';

/** What a CRM may offer beyond the straight path of a deal. Every member is optional: the engine works without it. */
export interface DealExtras {
  /** An id in any form people copy it, in the form the CRM answers with. Absent: ids have one form. */
  canonicalId?(crmId: string): string;
  /** Open leads and deals of the same customer, whoever made them. */
  findConflicts?(
    object: string,
    keyField: string,
    wanted: ConflictsWanted,
    options: CallOptions,
  ): Promise<readonly ConflictingRecord[]>;
  /** Account id → the contact behind it, for those that are persons: no other contact can belong to one. */
  personContacts?(
    object: string,
    accountIds: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, string>>;
  /** Taking away records that we made. */
  removal?: Removal;
  /** What became of our leads. Without it deals are never mirrored as leads. */
  pollLeads?: PollLeads;
  /** Deals without our key that changed in the window and carry a partner's tag, or are of the kinds of renewals. */
  findUnregistered?(wanted: UnregisteredWanted, options: CallOptions): Promise<readonly UnregisteredDeal[]>;
  /** The products of deals, by deal id; at most `readBatch` deals a call. A deal without any is absent. */
  readLineItems?(
    dealIds: readonly string[],
    withCurrency: boolean,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, readonly DealLineItem[]>>;
  /**
   * Makes the lines of registrations products of their deals, at most `linkBatch` deals a call. Reads what is there first, so
   * it may be repeated after a lost answer; lines of anybody else are left alone.
   */
  writeLineItems?(
    wanted: readonly LineItemsWanted[],
    options: CallOptions,
  ): Promise<readonly LineItemsOutcome[]>;
}
