import type { ConflictingRecord } from '../crm/conflicts.ts';

/** What one CRM has of the customer of a deal. */
export interface CrmConflicts {
  connection: string;
  records: readonly ConflictingRecord[];
  /** Why the CRM could not be asked, in plain words; null when it was. Nobody must take that for "nothing found". */
  notAsked: string | null;
}

/** Open leads and deals of the same customer, for whoever decides on a deal. Implemented by the application. */
export type FindConflicts = (dealId: string) => Promise<readonly CrmConflicts[]>;
