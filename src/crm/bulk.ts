/**
 * Writing many records at once, where a CRM takes them as a file and works on it by itself (Salesforce Bulk API 2.0).
 * Optional: without `connector.bulk` everything goes out in ordinary batches.
 *
 * A job is made in steps so that the engine can store between any two of them where it stands: create → upload →
 * complete. Nothing is written in the CRM before `complete`. No step repeats itself.
 */
import type { CallOptions } from './call-options.ts';
import type { SyncStage } from './sync-error.ts';
import type { LinkWanted, RecordWrite, WriteOutcome } from './writes.ts';

/** What a job writes, and how its records are told apart in its results. */
export interface BulkTarget {
  object: string;
  /** insert: records without a key of ours, such as contact roles; never sent twice. */
  operation: 'upsert' | 'update' | 'insert';
  /** Upsert only: the unique field that holds our key. */
  keyField?: string;
  /** For errors: what the records are written for. */
  stage: Extract<SyncStage, 'push' | 'resolve' | 'link'>;
}

export interface BulkStatus {
  /** open: it waits for its data. gone: the CRM does not know it (any more). */
  state: 'open' | 'working' | 'done' | 'failed' | 'aborted' | 'gone';
  processed: number;
  failed: number;
  /** Why a whole job failed, in the CRM's words. */
  reason?: string;
}

export interface BulkWriter {
  /** Most records and bytes of one job. */
  readonly mostRows: number;
  readonly mostBytes: number;
  /** So many records, or fewer, of a job count as one of the batches that the CRM allows in a day. */
  readonly batchRows: number;
  /** @returns the CRM's id of a job that waits for its data */
  create(target: BulkTarget, options: CallOptions): Promise<string>;
  upload(
    jobId: string,
    target: BulkTarget,
    records: readonly RecordWrite[],
    options: CallOptions,
  ): Promise<void>;
  /** From here on the CRM writes. */
  complete(jobId: string, target: BulkTarget, options: CallOptions): Promise<void>;
  status(jobId: string, target: BulkTarget, options: CallOptions): Promise<BulkStatus>;
  /** Ends a job that is not over. What was written before stays. */
  abort(jobId: string, target: BulkTarget, options: CallOptions): Promise<void>;
  /** Per key what became of it, once the job is over. A record that the job did not get to is absent. */
  results(
    jobId: string,
    target: BulkTarget,
    status: BulkStatus,
    records: readonly RecordWrite[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, WriteOutcome>>;
  /** The associations of fresh deals as records of one job; null when they take more than that. */
  links(links: readonly LinkWanted[]): { target: BulkTarget; records: readonly RecordWrite[] } | null;
}
