import type { CrmUser } from '../crm/tags.ts';

/** The names of a mapping's sections, as the records of this org. */
export interface ResolvedNames {
  campaigns: ReadonlyMap<string, string>;
  users: ReadonlyMap<string, CrmUser>;
  /** Where notes are kept; null = nowhere. */
  noteObject: string | null;
}
