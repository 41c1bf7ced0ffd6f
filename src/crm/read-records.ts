import type { CallOptions } from './call-options.ts';

/** What a record holds now. */
export interface CurrentRecord {
  crmId: string;
  deleted: boolean;
  /** The vendor's modification time. */
  modifiedAt: Date;
  /** By vendor field name, as the vendor gives them. */
  fields: Record<string, string | number | boolean | null>;
}

/**
 * Reads records of any object by id, without their history: one call for at most `capabilities.readBatch` of them, in the
 * order asked for. Unknown ids come back as deleted.
 */
export type ReadRecords = (
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
) => Promise<readonly CurrentRecord[]>;
