/** Many child records of any object in few calls: collections of 200, five collections in one composite request. */
import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import { capabilities } from './capabilities.ts';
import { check, type Request, type SalesforceClient } from './client.ts';
import { refusedCall, unreadable } from './errors.ts';
import { CompositeAnswer, ItemResult } from './schema.ts';
import { DATA_PATH } from './versions.ts';

/** What children are written for; a missing answer leaves open whether they were. */
export const linking = { stage: 'link', write: true } as const;

const COLLECTION = `${DATA_PATH}/composite/sobjects`;
/** A composite request carries up to five collections (facts 1.3). */
const COLLECTIONS_PER_CALL = 5;

/** A record's result; a SyncError where its whole collection was refused while others were carried out. */
export type Written = ItemResult | SyncError;

/** Each record names its type in `attributes`. One result per record, in order. */
export function createRecords(
  client: SalesforceClient,
  records: readonly object[],
  options: CallOptions,
): Promise<Written[]> {
  return inFewCalls(client, collectionsOf('POST', records), options);
}

/** Updates by id. */
export function updateRecords(
  client: SalesforceClient,
  records: readonly object[],
  options: CallOptions,
): Promise<Written[]> {
  return inFewCalls(client, collectionsOf('PATCH', records), options);
}

function collectionsOf(method: 'POST' | 'PATCH', records: readonly object[]): Part[] {
  return split(records, capabilities.writeBatch).map((part) => ({
    method,
    path: COLLECTION,
    json: { allOrNone: false, records: part },
    records: part.length,
  }));
}

/** Records of any object, by id. */
export function deleteRecords(
  client: SalesforceClient,
  ids: readonly string[],
  options: CallOptions,
): Promise<Written[]> {
  const parts = split(ids, capabilities.writeBatch).map((part): Part => {
    const path = `${COLLECTION}?ids=${part.join(',')}&allOrNone=false`;
    return { method: 'DELETE', path, records: part.length };
  });
  return inFewCalls(client, parts, options);
}

interface Part {
  method: Request['method'];
  path: string;
  json?: object;
  records: number;
}

async function inFewCalls(
  client: SalesforceClient,
  parts: readonly Part[],
  options: CallOptions,
): Promise<Written[]> {
  const written: Written[] = [];
  for (const some of split(parts, COLLECTIONS_PER_CALL))
    written.push(...(await inOneCall(client, some, options)));
  return written;
}

async function inOneCall(
  client: SalesforceClient,
  parts: readonly Part[],
  options: CallOptions,
): Promise<Written[]> {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    const { records, ...request } = only;
    return checked(await client.read(z.array(ItemResult), { ...linking, ...request }, options), records);
  }
  const compositeRequest = parts.map(({ method, path, json }, index) => ({
    method,
    url: path,
    referenceId: `collection${index}`,
    ...(json === undefined ? {} : { body: json }),
  }));
  const json = { allOrNone: false, compositeRequest };
  const request = { ...linking, method: 'POST', path: `${DATA_PATH}/composite`, json } as const;
  const { compositeResponse } = await client.read(CompositeAnswer, request, options);
  if (compositeResponse.length !== parts.length) throw unreadable(linking, 'not one answer per part');
  return parts.flatMap((part, index): Written[] => {
    const { httpStatusCode = 0, body } = compositeResponse[index] ?? {};
    if (httpStatusCode === 200) return checked(check(z.array(ItemResult), body, linking), part.records);
    // The other parts were carried out: the whole call must not count as refused.
    const refusal = refusedCall({ status: httpStatusCode, headers: {}, body }, linking);
    return Array.from({ length: part.records }, () => refusal);
  });
}

function checked(results: ItemResult[], records: number): ItemResult[] {
  if (results.length === records) return results;
  throw unreadable(linking, `${results.length} results for ${records} child records`);
}

function split<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_none, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
