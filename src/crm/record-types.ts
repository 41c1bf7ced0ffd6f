/** Kinds of records that an org tells apart, each with picklist values of its own. */
export interface RecordType {
  id: string;
  /** The API name, never the label. */
  name: string;
  label: string;
  /** What a record gets that names none. */
  isDefault: boolean;
  /** Usable by our user. */
  available: boolean;
  /** The org's own type without restrictions. */
  master: boolean;
}

/** Field → values that records of one type may take. */
export type RecordTypeValues = ReadonlyMap<string, readonly string[]>;
