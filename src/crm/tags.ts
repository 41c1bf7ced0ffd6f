/**
 * How a deal is marked as a partner's, beyond plain fields: by records that hang on it, and by fields that hold the id of
 * a record chosen by its name. The mapping names them; a connector looks the names up when the connection is wired.
 */
import type { SyncError } from './sync-error.ts';

/** Records that hang on a deal (or on its account) and mark it. */
export type TagChild = 'partner' | 'campaign-member' | 'account-team' | 'deal-team';

/** The children that are taken away again when the deal is another partner's; the others only ever get more. */
export const removableChildren = ['partner', 'deal-team'] as const satisfies readonly TagChild[];
export type RemovableChild = (typeof removableChildren)[number];

/** What the mapping's sections name, to be looked up in the CRM. */
export interface NamesWanted {
  campaigns: readonly string[];
  /** User names, never ids. */
  users: readonly string[];
  children: readonly TagChild[];
  /** Roles of the children, where their picklist is restricted. */
  roles: readonly { child: TagChild; role: string }[];
  note: boolean;
  /** The CRM's own field for the deal's partner account is compared with ours. */
  partnerAccountField: boolean;
}

export interface NamesFound {
  /** Name → ids of the campaigns that bear it. */
  campaigns: ReadonlyMap<string, readonly string[]>;
  /** User name → id; a missing one does not exist. */
  users: ReadonlyMap<string, CrmUser>;
  /** What this org has no licence, object or permission for, in plain words. */
  faults: readonly { object: string; field: string; problem: string }[];
  /** The object that notes are written to here; null when none can be. */
  noteObject: string | null;
}

export interface CrmUser {
  id: string;
  active: boolean;
}

/** Which fields of the deal hold the tags that are fields. */
export interface TagFields {
  campaign: string;
  recordType: string;
  leadSource: string;
}

/** What should hang on one deal. Absent = nothing of ours. */
export interface DealTags {
  partner?: { accountId: string; role?: string; primary: boolean };
  /** The deal's contact becomes a member of this campaign. */
  campaignMember?: { campaignId: string };
  accountTeam?: { userId: string; role: string };
  dealTeam?: { userId: string; role: string };
  note?: DealNote;
  /** Compare what the CRM's own field for the partner's account holds with this one. */
  partnerAccountField?: { expected: string | null };
  /**
   * What we ever meant to hang on this deal, by kind: account ids, user ids. A row is ours only if our user made it and
   * it is among these; all others are somebody else's and are never touched.
   */
  ours: Readonly<Record<RemovableChild, readonly string[]>>;
}

export interface DealNote {
  /** Holds the deal's id, so that the note is found again after a crash. */
  title: string;
  /** Plain text, one paragraph per line. */
  text: string;
  /** The CRM's object it is kept in. */
  object: string;
  /** The note as it is known already. */
  crmId?: string;
}

/** What came of the tags of one deal. */
export interface TagResult {
  error?: SyncError;
  /** The note of the deal; 'gone' when somebody deleted it, which is respected. */
  note?: { crmId: string } | 'gone';
  /** What the CRM's own field for the partner's account holds; where either side has none they agree. */
  partnerAccount?: { held: string | null; agrees: boolean };
}
