/** How a CRM's accounts and contacts are looked for: connectors find records with their raw facts, nobody here judges them. */

/** What is known of one account or contact that is wanted. */
export interface MatchWanted {
  /** Our key, as it stands in the CRM's key field. */
  key: string;
  name?: string;
  /** Spellings under which the CRM may know that name, itself among them; compared whole, in any case. */
  spellings?: readonly string[];
  /** Registrable domain, lower case. */
  domain?: string;
  country?: string;
  email?: string;
  /** Values of other fields that identify a company (a D-U-N-S number), by the CRM's name of the field. */
  ids?: Readonly<Record<string, string>>;
}

export interface MatchRequest {
  kind: 'account' | 'contact';
  object: string;
  /** The unique field that holds our key. */
  keyField: string;
  /** At most `capabilities.matchBatch`. */
  wanted: readonly MatchWanted[];
  /** Further fields to read of each record. */
  fields: readonly string[];
}

/** A record of the CRM as it is there. What the CRM does not have or does not show is null. */
export interface FoundRecord {
  crmId: string;
  name: string;
  /** Value of the key field: whose record of ours it is. */
  key: string | null;
  /** As people type it: a domain or a URL. */
  website: string | null;
  country: string | null;
  email: string | null;
  /** The account above it in a hierarchy. */
  parentId: string | null;
  /** Of a contact: its account. */
  accountId: string | null;
  /** A person kept as an account. */
  isPerson: boolean;
  /** The fields asked for, as far as they are visible. */
  fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ReferenceReading {
  kind: 'account' | 'contact';
  object: string;
  keyField: string;
  /** At most `capabilities.matchBatch`. */
  crmIds: readonly string[];
  fields: readonly string[];
}

/** What became of a record that we refer to. */
export type ReferenceState =
  | { crmId: string; is: 'alive'; record: FoundRecord }
  /** Merged into another, which is alive. */
  | { crmId: string; is: 'merged'; record: FoundRecord }
  | { crmId: string; is: 'gone' };
