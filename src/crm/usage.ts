/** How much of what a CRM allows in 24 hours is used, by everybody who uses its API. */
export interface ApiUsage {
  used: number;
  allowed: number;
  /** When the CRM said so; milliseconds since 1970. */
  at: number;
  /** When the count begins anew, where it does so at an hour of the day; absent: each call counts for 24 hours. */
  resetsAt?: number;
}

/** One of a CRM's allowances: how much it is, and what is left of it. Remaining may be below zero. */
export interface CrmLimit {
  max: number;
  remaining: number;
}

/** What a CRM allows a whole account of it; each only where the CRM tells. */
export interface CrmLimits {
  /** API calls in 24 hours. */
  calls?: CrmLimit;
  /** Batches of bulk jobs in 24 hours; see `BulkWriter.batchRows`. */
  bulkBatches?: CrmLimit;
  /** Events delivered to all listeners in 24 hours. */
  events?: CrmLimit;
  /** Megabytes for records. */
  dataMb?: CrmLimit;
  /** Megabytes for files and notes. */
  fileMb?: CrmLimit;
}
