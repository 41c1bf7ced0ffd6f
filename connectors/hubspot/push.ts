/** Writes records in batches and tells each one's outcome. */
import type { CallOptions, PushRequest, RecordWrite, WriteOutcome } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { Caller } from './call.ts';
import { fromItemError, lacksResult, type CallSite } from './errors.ts';
import { asProperties, comparableKey } from './property-values.ts';
import { NO_SUCH_PROPERTY } from './refused-properties.ts';
import { WriteAnswer, type VendorError, type WrittenRecord } from './schema.ts';
import { sendSplitting } from './split-batch.ts';
import { objectBatchPath } from './versions.ts';

function siteOf({ operation }: PushRequest): CallSite {
  return { stage: 'push', write: true, creates: operation === 'upsert' };
}

/**
 * Upserts by our key, or updates by id. Outcomes are in the order of the request.
 * @throws SyncError only when nothing at all was conclusively written.
 */
export async function push(
  call: Caller,
  request: PushRequest,
  options: CallOptions,
): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  const [first, ...later] = withoutRepeatedIds(request);
  if (first) outcomes.push(...(await pushWave(call, request, first, options)));
  for (const wave of later) outcomes.push(...(await pushLaterWave(call, request, wave, options)));
  const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
  return request.records.map(({ key }) => byKey.get(key) ?? failed(key, lacksResult(siteOf(request))));
}

/**
 * HubSpot refuses a batch that names one id twice. Our keys are unique, but two of them may stand for one record:
 * two spellings of an e-mail, or two records merged into one. The second goes into a batch of its own, afterwards.
 */
function withoutRepeatedIds(request: PushRequest): RecordWrite[][] {
  const waves: { ids: Set<string>; records: RecordWrite[] }[] = [];
  for (const record of request.records) {
    const id = idOf(request, record);
    let wave = waves.find(({ ids }) => !ids.has(id));
    if (!wave) waves.push((wave = { ids: new Set(), records: [] }));
    wave.ids.add(id);
    wave.records.push(record);
  }
  return waves.map(({ records }) => records);
}

function pushWave(
  call: Caller,
  request: PushRequest,
  records: readonly RecordWrite[],
  options: CallOptions,
): Promise<WriteOutcome[]> {
  return sendSplitting(records, {
    send: (part) => sendBatch(call, request, part, options),
    failed: ({ key }, error) => failed(key, error),
    culprits: carriersOfMissingProperties,
  });
}

/** The waves before were written: from here on a failure of the whole call is the outcome of its records. */
async function pushLaterWave(
  call: Caller,
  request: PushRequest,
  records: readonly RecordWrite[],
  options: CallOptions,
): Promise<WriteOutcome[]> {
  try {
    return await pushWave(call, request, records, options);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return records.map(({ key }) => failed(key, error));
  }
}

async function sendBatch(
  call: Caller,
  request: PushRequest,
  records: readonly RecordWrite[],
  options: CallOptions,
): Promise<WriteOutcome[]> {
  const path = objectBatchPath(request.object, request.operation);
  const body = { inputs: records.map((record, index) => inputOf(request, record, traceId(index))) };
  const { data } = await call(siteOf(request), { method: 'POST', path, body }, WriteAnswer, options);
  return outcomesOf(request, records, data.results, data.errors);
}

/** Without a trace id of its own for each input, HubSpot refuses the whole batch because of one invalid input. */
function inputOf(request: PushRequest, record: RecordWrite, objectWriteTraceId: string): object {
  const properties = asProperties(record.fields);
  if (request.operation === 'update') return { id: record.crmId ?? '', properties, objectWriteTraceId };
  const { keyField } = request;
  return {
    id: record.key,
    idProperty: keyField,
    properties: { ...properties, [keyField]: record.key },
    objectWriteTraceId,
  };
}

/** Results come in any order, and not every answer carries trace ids: each is matched by what it does carry. */
function outcomesOf(
  request: PushRequest,
  records: readonly RecordWrite[],
  results: readonly WrittenRecord[],
  errors: readonly VendorError[],
): WriteOutcome[] {
  const find = finder(request, records);
  const outcomes = new Map<string, WriteOutcome>();
  const nameless: WrittenRecord[] = [];
  for (const result of results) {
    const record = find(result.objectWriteTraceId, result.id, result.properties?.[request.keyField]);
    if (record) outcomes.set(record.key, written(request, record, result));
    else nameless.push(result);
  }
  for (const error of errors) {
    for (const record of concerned(error, find))
      outcomes.set(record.key, failed(record.key, fromItemError(error, siteOf(request))));
  }
  const silent = records.filter(({ key }) => !outcomes.has(key));
  const [last] = silent;
  const [only] = nameless;
  if (last && only && silent.length === 1 && nameless.length === 1)
    outcomes.set(last.key, written(request, last, only));
  return records.map(({ key }) => outcomes.get(key) ?? failed(key, lacksResult(siteOf(request))));
}

type Finder = (trace: unknown, id: unknown, key: unknown) => RecordWrite | undefined;

function finder(request: PushRequest, records: readonly RecordWrite[]): Finder {
  const byTrace = new Map(records.map((record, index) => [traceId(index), record]));
  const byId = new Map(records.map((record) => [idOf(request, record), record]));
  const byKey = new Map(records.map((record) => [comparableKey(request.keyField, record.key), record]));
  return (trace, id, key) =>
    byTrace.get(String(trace)) ??
    (request.operation === 'update' ? byId.get(String(id)) : undefined) ??
    (typeof key === 'string' ? byKey.get(comparableKey(request.keyField, key)) : undefined);
}

/** The records that an error of a 207 is about: by trace id, else by the ids in its context. */
function concerned({ context }: VendorError, find: Finder): RecordWrite[] {
  const traces = texts(context?.['objectWriteTraceId']).map((trace) => find(trace, undefined, undefined));
  const ids = [...texts(context?.['ids']), ...texts(context?.['id'])].map((id) => find(undefined, id, id));
  return [...traces, ...ids].filter((record) => record !== undefined);
}

function carriersOfMissingProperties(
  error: SyncError,
  records: readonly RecordWrite[],
): ReadonlySet<RecordWrite> {
  if (error.details.vendorCode !== NO_SUCH_PROPERTY) return new Set();
  const missing = error.details.fields ?? [];
  return new Set(records.filter(({ fields }) => missing.some((name) => name in fields)));
}

function written(request: PushRequest, { key }: RecordWrite, result: WrittenRecord): WriteOutcome {
  return {
    key,
    status: 'written',
    crmId: result.id,
    created: request.operation === 'upsert' && result.new === true,
  };
}

function failed(key: string, error: SyncError): WriteOutcome {
  return { key, status: 'failed', error };
}

function idOf(request: PushRequest, record: RecordWrite): string {
  return request.operation === 'update' ? (record.crmId ?? '') : comparableKey(request.keyField, record.key);
}

function traceId(index: number): string {
  return `tributary-${index}`;
}

function texts(value: unknown): string[] {
  return [value]
    .flat()
    .flatMap((one) => (typeof one === 'string' || typeof one === 'number' ? [String(one)] : []));
}
