/** A customer, as a registration names it. */
export interface ConflictsWanted {
  company: string;
  /** Absent for a mail provider's domain, which says nothing of a company. */
  domain?: string;
  email?: string;
}

/** Something open in the CRM that somebody works on with the same customer. */
export interface ConflictingRecord {
  object: string;
  crmId: string;
  name: string;
  /** The stage of a deal, the status of a lead. */
  condition: string | null;
  owner: string | null;
  /** Our key, where it belongs to a registration. */
  registration: string | null;
  /** Why it is the same customer, in plain words. */
  because: string;
}
