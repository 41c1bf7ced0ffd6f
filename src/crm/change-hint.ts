export interface ChangeHint {
  crmId: string;
  change: 'created' | 'updated' | 'deleted' | 'undeleted' | 'merged' | 'unknown';
  /** Vendor field names that changed; empty = unknown, so everything may have. */
  fields: readonly string[];
  /** The change travelled under our own client name or app id. Never sufficient to skip it: see the design. */
  ours: boolean;
  /** Polls say when the record changed (vendor's clock), so that a record already read at that time is not read again. */
  modifiedAt?: Date;
  /** When the change was committed (vendor's clock), where the notification says so. */
  committedAt?: Date;
}
