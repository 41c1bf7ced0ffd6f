import type { TypeId } from '../portal/object-types.ts';
import { isoTime } from '../records/iso-time.ts';
import {
  historyOf,
  valueInView,
  valueOf,
  type CrmRecord,
  type RecordView,
  type Values,
} from '../records/record.ts';

/** A record as the objects API returns it. */
export interface ApiObject {
  id: string;
  properties: Record<string, string | null>;
  propertiesWithHistory?: Record<string, unknown[]>;
  createdAt: string;
  updatedAt: string;
  archived: boolean;
  archivedAt?: string;
  [more: string]: unknown;
}

/** What a read returns when it names no properties. */
const DEFAULT_PROPERTIES: Record<TypeId, readonly string[]> = {
  '0-1': ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
  '0-2': ['createdate', 'domain', 'hs_lastmodifieddate', 'hs_object_id', 'name'],
  '0-3': [
    'amount',
    'closedate',
    'createdate',
    'dealname',
    'dealstage',
    'hs_lastmodifieddate',
    'hs_object_id',
    'pipeline',
  ],
  '0-8': ['createdate', 'hs_lastmodifieddate', 'hs_object_id', 'name', 'price', 'quantity', 'amount'],
  '0-46': ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
};

/** Always returned, asked for or not. */
const ALWAYS: Record<TypeId, readonly string[]> = {
  '0-1': ['createdate', 'hs_object_id', 'lastmodifieddate'],
  '0-2': ['createdate', 'hs_lastmodifieddate', 'hs_object_id'],
  '0-3': ['createdate', 'hs_lastmodifieddate', 'hs_object_id'],
  '0-8': ['createdate', 'hs_lastmodifieddate', 'hs_object_id'],
  '0-46': ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
};

/** The names a read returns: those asked for, or the type's defaults. */
export function namesToShow(type: TypeId, asked: readonly string[]): readonly string[] {
  return asked.length === 0 ? DEFAULT_PROPERTIES[type] : [...new Set([...asked, ...ALWAYS[type]])];
}

/** A record as a read returns it: unset properties are null. */
export function presentRead(record: CrmRecord, names: readonly string[]): ApiObject {
  const properties: Record<string, string | null> = {};
  for (const name of names) properties[name] = valueOf(record, name) ?? null;
  return withFrame(record, properties, record.updatedAt);
}

/** A search result: what the index knows. */
export function presentView(view: RecordView, names: readonly string[]): ApiObject {
  const properties: Record<string, string | null> = {};
  for (const name of names) properties[name] = valueInView(view, name) ?? null;
  return withFrame(view.record, properties, view.updatedAt);
}

/** A record as a write returns it: what was written, what HubSpot added, and when. */
export function presentWritten(
  record: CrmRecord,
  written: Values,
  calculated: Values | undefined,
): ApiObject {
  const createdAt = isoTime(record.createdAt);
  const updatedAt = isoTime(record.updatedAt);
  // Assigned one by one: a literal with spreads costs more than everything else an upsert does.
  const properties: Record<string, string | null> = Object.assign({}, written, calculated);
  properties['createdate'] = record.values['createdate'] || createdAt;
  properties[record.type === '0-1' ? 'lastmodifieddate' : 'hs_lastmodifieddate'] = updatedAt;
  properties['hs_object_id'] = record.id;
  properties['hs_object_source'] = record.createdBy.sourceType;
  properties['hs_object_source_id'] = record.createdBy.sourceId;
  properties['hs_object_source_label'] = record.createdBy.sourceType;
  return { id: record.id, properties, createdAt, updatedAt, archived: false };
}

/** Histories as reads return them, newest first. */
export function presentHistories(
  record: CrmRecord,
  names: readonly string[],
  limit: number,
): Record<string, unknown[]> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      historyOf(record, name, limit).map(({ value, at, author }) => ({
        value,
        timestamp: isoTime(at),
        sourceType: author.sourceType,
        sourceId: author.sourceId,
        ...(author.sourceLabel === undefined ? {} : { sourceLabel: author.sourceLabel }),
        ...(author.userId === undefined ? {} : { updatedByUserId: author.userId }),
      })),
    ]),
  );
}

function withFrame(
  record: CrmRecord,
  properties: Record<string, string | null>,
  updatedAt: number,
): ApiObject {
  return {
    id: record.id,
    properties,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(updatedAt),
    archived: record.archivedAt !== undefined,
    ...(record.archivedAt === undefined ? {} : { archivedAt: isoTime(record.archivedAt) }),
  };
}
