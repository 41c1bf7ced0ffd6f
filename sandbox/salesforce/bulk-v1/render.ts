import { XMLBuilder } from 'fast-xml-parser';
import type { Reply } from '../rest/request.ts';
import { renderDatetime } from '../rest/render.ts';
import type { AsyncBatch, AsyncJob } from './jobs.ts';

const NAMESPACE = 'http://www.force.com/2009/06/asyncapi/dataload';
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

/** An answer in XML: one element in the namespace of the Bulk API. */
export function xmlReply(status: number, element: string, content: Record<string, unknown>): Reply {
  const xml = builder.build({ [element]: { '@xmlns': NAMESPACE, ...content } });
  return {
    status,
    json: `<?xml version="1.0" encoding="UTF-8"?>${xml}`,
    headers: { 'content-type': 'application/xml;charset=UTF-8' },
    records: 0,
  };
}

/** An answer in CSV. */
export function csvReply(text: string, records: number): Reply {
  return { status: 200, json: text, headers: { 'content-type': 'text/csv;charset=UTF-8' }, records };
}

/** `jobInfo` as the API shows it. */
export function renderJobInfo(job: AsyncJob): Record<string, unknown> {
  const count = (state: AsyncBatch['state']): number =>
    job.batches.filter((batch) => batch.state === state).length;
  const processed = job.batches.reduce((total, batch) => total + batch.processed, 0);
  const failed = job.batches.reduce((total, batch) => total + batch.failed, 0);
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.actor.userId,
    createdDate: renderMoment(job.createdAt),
    systemModstamp: renderMoment(job.changedAt),
    state: job.state,
    ...(job.externalIdFieldName === undefined ? {} : { externalIdFieldName: job.externalIdFieldName }),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    numberBatchesQueued: 0,
    numberBatchesInProgress: 0,
    numberBatchesCompleted: count('Completed'),
    numberBatchesFailed: count('Failed'),
    numberBatchesTotal: job.batches.length,
    numberRecordsProcessed: processed,
    numberRetries: 0,
    apiVersion: job.version,
    numberRecordsFailed: failed,
    totalProcessingTime: 0,
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
  };
}

/** `batchInfo` as the API shows it. */
export function renderBatchInfo(
  job: AsyncJob,
  batch: AsyncBatch,
  state: string = batch.state,
): Record<string, unknown> {
  return {
    id: batch.id,
    jobId: job.id,
    state,
    ...(batch.stateMessage === undefined ? {} : { stateMessage: batch.stateMessage }),
    createdDate: renderMoment(batch.createdAt),
    systemModstamp: renderMoment(batch.createdAt),
    numberRecordsProcessed: batch.processed,
    numberRecordsFailed: batch.failed,
    totalProcessingTime: 0,
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
  };
}

/** This API names UTC by its letter, where REST writes its offset. */
function renderMoment(ms: number): string {
  return renderDatetime(ms).replace('+0000', 'Z');
}
