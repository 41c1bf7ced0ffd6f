import { z } from 'zod';
import type { CallOptions, PushRequest, RecordWrite, WriteOutcome } from '../../src/crm/connector.ts';
import { capabilities } from './capabilities.ts';
import type { Request, SalesforceClient } from './client.ts';
import { misuse, refusedItem, unreadable } from './errors.ts';
import { ItemResult } from './schema.ts';
import { apiName } from './soql.ts';
import { DATA_PATH } from './versions.ts';

/**
 * Writes one batch in one call: upsert by our key, or update by record id. Salesforce answers per record, in request
 * order (facts 1.3). Duplicate rules are left in force: what they stop comes back as `conflict`, an alert as well as a block, unless a person
 * allowed that very record.
 * @throws SyncError `ambiguous` when the answer got lost, after which nothing is known of any record
 */
export async function push(
  client: SalesforceClient,
  request: PushRequest,
  options: CallOptions,
): Promise<readonly WriteOutcome[]> {
  if (request.records.length === 0) return [];
  const call = toCall(request);
  const results = await client.read(z.array(ItemResult), call, options);
  if (results.length !== request.records.length) {
    throw unreadable(call, `${results.length} results for ${request.records.length} records`);
  }
  return request.records.map((record, index) => toOutcome(record, results[index], request.operation));
}

const purpose = { stage: 'push', write: true } as const;

function toCall(request: PushRequest): Request {
  if (request.records.length > capabilities.writeBatch) {
    throw misuse(
      purpose,
      `${request.records.length} records in one write, at most ${capabilities.writeBatch} are possible`,
    );
  }
  const object = apiName(request.object);
  const keyField = apiName(request.keyField);
  const collection = `${DATA_PATH}/composite/sobjects`;
  const path = request.operation === 'upsert' ? `${collection}/${object}/${keyField}` : collection;
  const attributes = { type: object };
  const records = request.records.map((record) => ({
    ...record.fields,
    ...identity(record, request, keyField),
    attributes,
  }));
  const headers = request.allowDuplicate === true ? allowanceFor(request) : {};
  return { ...purpose, method: 'PATCH', path, json: { allOrNone: false, records }, headers };
}

/** The header holds for a whole request, so a person's word for one record must never carry another one along. */
function allowanceFor({ records }: PushRequest): Record<string, string> {
  if (records.length !== 1) throw misuse(purpose, `${records.length} records where one was allowed`);
  return { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' };
}

function identity(record: RecordWrite, request: PushRequest, keyField: string): Record<string, string> {
  if (request.operation === 'upsert') return { [keyField]: record.key };
  if (record.crmId === undefined) throw misuse(purpose, `an update of ${record.key} without the record's id`);
  return { id: record.crmId };
}

function toOutcome(
  record: RecordWrite,
  result: ItemResult | undefined,
  operation: PushRequest['operation'],
): WriteOutcome {
  const { key } = record;
  if (result?.success) {
    const crmId = result.id ?? record.crmId;
    if (crmId) return { key, status: 'written', crmId, created: result.created === true };
    return { key, status: 'failed', error: unreadable(purpose, 'a written record without its id') };
  }
  return { key, status: 'failed', error: refusedItem(result?.errors ?? [], purpose, operation === 'update') };
}
