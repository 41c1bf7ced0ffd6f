import { z } from 'zod';
import type { BulkStatus, BulkTarget, BulkWriter } from '../../../src/crm/bulk.ts';
import type { CallOptions } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { Request, SalesforceClient } from '../client.ts';
import { misuse, type Purpose } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { apiName } from '../soql.ts';
import { DATA_PATH } from '../versions.ts';
import { toCsv } from './csv-rows.ts';
import { contactRoles } from './contact-roles.ts';
import { readOutcomes, type ResultFiles } from './read-outcomes.ts';

const INGEST = `${DATA_PATH}/jobs/ingest`;

/** 150 MB a file (facts 1.5); the vendor measures it with the data encoded, which adds up to half. */
const MOST_BYTES = 90_000_000;
/** Ten of the vendor's internal batches of 10,000: a job whose results still fit into memory. */
const MOST_ROWS = 100_000;
/** The vendor's internal batches (facts 1.5); their number in 24 hours is limited. */
const BATCH_ROWS = 10_000;

const Created = z.object({ id: z.string().regex(/^[A-Za-z0-9]{15,18}$/) });
const Progress = z.object({
  state: z.enum(['Open', 'UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted']),
  numberRecordsProcessed: z.number().default(0),
  numberRecordsFailed: z.number().default(0),
  errorMessage: z.string().nullish(),
});

/** Ingest jobs of the Bulk API 2.0, step by step (facts 1.5). jsforce's own loader does all steps in one go and forgets the job. */
export function openBulkWriter(client: SalesforceClient, settings: Settings): BulkWriter {
  return {
    mostRows: MOST_ROWS,
    mostBytes: MOST_BYTES,
    batchRows: BATCH_ROWS,
    create: (target, options) => create(client, target, options),
    upload: async (jobId, target, records, options) => {
      const csv = toCsv(target, records);
      await client.send(
        { ...writing(target), method: 'PUT', path: `${pathOf(jobId)}/batches`, csv, asText: true },
        options,
      );
    },
    complete: (jobId, target, options) => change(client, jobId, target, 'UploadComplete', options),
    status: (jobId, target, options) => status(client, jobId, target, options),
    abort: (jobId, target, options) => change(client, jobId, target, 'Aborted', options),
    results: async (jobId, target, progress, records, options) =>
      readOutcomes(target, records, await resultFiles(client, jobId, target, progress, options)),
    links: (links) => contactRoles(settings, links),
  };
}

function reading({ stage }: BulkTarget): Purpose {
  return { stage, write: false };
}

/** A missing answer leaves it open whether the step was taken; the engine asks for the job's state. */
function writing({ stage }: BulkTarget): Purpose {
  return { stage, write: true };
}

function pathOf(jobId: string): string {
  if (!/^[A-Za-z0-9]{15,18}$/.test(jobId)) throw misuse({ stage: 'push', write: true }, 'a malformed job id');
  return `${INGEST}/${jobId}`;
}

async function create(client: SalesforceClient, target: BulkTarget, options: CallOptions): Promise<string> {
  const json = {
    object: apiName(target.object),
    operation: target.operation,
    ...(target.keyField === undefined ? {} : { externalIdFieldName: apiName(target.keyField) }),
    contentType: 'CSV',
    columnDelimiter: 'COMMA',
    lineEnding: 'LF',
  };
  const { id } = await client.read(
    Created,
    // A job nobody knows the id of holds no data and is harmless: no answer is no ambiguity.
    { ...reading(target), method: 'POST', path: INGEST, json },
    options,
  );
  return id;
}

async function change(
  client: SalesforceClient,
  jobId: string,
  target: BulkTarget,
  state: 'UploadComplete' | 'Aborted',
  options: CallOptions,
): Promise<void> {
  await client.send({ ...writing(target), method: 'PATCH', path: pathOf(jobId), json: { state } }, options);
}

const states = {
  Open: 'open',
  UploadComplete: 'working',
  InProgress: 'working',
  JobComplete: 'done',
  Failed: 'failed',
  Aborted: 'aborted',
} as const;

async function status(
  client: SalesforceClient,
  jobId: string,
  target: BulkTarget,
  options: CallOptions,
): Promise<BulkStatus> {
  try {
    const request: Request = { ...reading(target), method: 'GET', path: pathOf(jobId) };
    const progress = await client.read(Progress, request, options);
    return {
      state: states[progress.state],
      processed: progress.numberRecordsProcessed,
      failed: progress.numberRecordsFailed,
      ...(progress.errorMessage ? { reason: progress.errorMessage } : {}),
    };
  } catch (error) {
    // Jobs live for seven days (facts 1.5).
    if (error instanceof SyncError && error.details.httpStatus === 404)
      return { state: 'gone', processed: 0, failed: 0 };
    throw error;
  }
}

/** Only the files that hold something: each is a call. What a job did not get to needs no file: it is in neither. */
async function resultFiles(
  client: SalesforceClient,
  jobId: string,
  target: BulkTarget,
  { processed, failed }: BulkStatus,
  options: CallOptions,
): Promise<ResultFiles> {
  const file = async (name: string): Promise<string> => {
    const path = `${pathOf(jobId)}/${name}`;
    const { body } = await client.send({ ...reading(target), method: 'GET', path, asText: true }, options);
    return typeof body === 'string' ? body : '';
  };
  return {
    successful: processed > failed ? await file('successfulResults') : '',
    failed: failed > 0 ? await file('failedResults') : '',
  };
}
