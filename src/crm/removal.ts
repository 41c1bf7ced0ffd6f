import type { CallOptions } from './call-options.ts';
import type { SyncError } from './sync-error.ts';

/** Whether a record that we made may go again, as far as the CRM shows. */
export interface RemovalState {
  crmId: string;
  /** Why not, in plain words: somebody changed it, worked on it, closed it. Null: nobody did. */
  refused: string | null;
}

export type RemovalOutcome =
  { crmId: string; status: 'removed' } | { crmId: string; status: 'failed'; error: SyncError };

/** Taking back creations, at most `writeBatch` records a call. Where it is missing, records that we made stay. */
export interface Removal {
  /** In the order asked for. */
  inspect(object: string, crmIds: readonly string[], options: CallOptions): Promise<readonly RemovalState[]>;
  /** Where people of the CRM can get them back. What is gone already is removed. */
  remove(crmIds: readonly string[], options: CallOptions): Promise<readonly RemovalOutcome[]>;
}
