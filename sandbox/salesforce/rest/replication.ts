import type { ObjectType } from '../schema/schema.ts';
import type { Row } from '../store/row.ts';
import { renderDatetime } from './render.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';
import { RestError } from './rest-error.ts';

const MINUTE_MS = 60_000;
const REACH_MS = 30 * 24 * 60 * MINUTE_MS;

/** A span of time to replicate, in whole minutes: the vendor ignores seconds. Half-open, epoch milliseconds. */
interface Span {
  start: number;
  end: number;
}

/** `GET /sobjects/{type}/updated?start=&end=`: ids of the records created or changed in that time and not deleted since. */
export function readUpdated(request: ApiRequest): Reply {
  const type = requestedType(request);
  const span = readSpan(request);
  const ids = rowsStampedIn(request, type, span)
    .filter((row) => row['IsDeleted'] !== true)
    .map((row) => row['Id']);
  const body = { ids, latestDateCovered: renderDatetime(span.end) };
  return { status: 200, body, records: ids.length };
}

/** `GET /sobjects/{type}/deleted?start=&end=`: what was deleted in that time, and when. */
export function readDeleted(request: ApiRequest): Reply {
  const type = requestedType(request);
  const span = readSpan(request);
  const deletedRecords = rowsStampedIn(request, type, span)
    .filter((row) => row['IsDeleted'] === true)
    .map((row) => ({ deletedDate: renderDatetime(row['SystemModstamp'] as number), id: row['Id'] }));
  const body = {
    deletedRecords,
    earliestDateAvailable: renderDatetime(orgSince(request)),
    latestDateCovered: renderDatetime(span.end),
  };
  return { status: 200, body, records: deletedRecords.length };
}

function rowsStampedIn({ sandbox }: ApiRequest, type: ObjectType, { start, end }: Span): Row[] {
  const table = sandbox.org.table(type.name);
  const rows: Row[] = [];
  for (const id of table.modifiedSince(start)) {
    const row = table.get(id);
    const stamp = row?.['SystemModstamp'];
    if (row !== undefined && typeof stamp === 'number' && stamp < end) rows.push(row);
  }
  return rows;
}

/** Nothing is ever purged from this org, so deleted records are known from its first day. */
function orgSince({ sandbox }: ApiRequest): number {
  const { organizationId } = sandbox.credentials;
  const row = sandbox.org.table('Organization').get(organizationId);
  return Number(row?.['CreatedDate'] ?? 0);
}

function readSpan(request: ApiRequest): Span {
  const start = readMinute(request, 'start');
  const end = readMinute(request, 'end');
  const now = request.sandbox.clock.ms();
  if (start < now - REACH_MS) throw wrongDate('startDate cannot be more than 30 days ago');
  if (end < start + MINUTE_MS) throw wrongDate('endDate must be at least one minute after startDate');
  return { start, end: Math.min(end, now) };
}

function readMinute(request: ApiRequest, name: 'start' | 'end'): number {
  const given = request.query.get(name);
  if (given === null) throw new RestError(400, 'MISSING_ARGUMENT', `${name} parameter is required`);
  // A plus sign that was not encoded arrives as a space.
  const ms = Date.parse(given.replace(' ', '+').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (!/^\d{4}-\d\d-\d\dT/.test(given) || Number.isNaN(ms))
    throw new RestError(400, 'INVALID_FIELD', `${name}: invalid date: ${given}`);
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function wrongDate(message: string): RestError {
  return new RestError(400, 'INVALID_REPLICATION_DATE', message);
}
