import type { TypeId } from '../portal/object-types.ts';
import type { Author } from './author.ts';
import { isoTime } from './iso-time.ts';

/** Property values as HubSpot keeps them: always strings, '' when cleared. */
export type Values = Record<string, string>;

/** One write to a record: the values that it changed. */
export interface Revision {
  at: number;
  author: Author;
  values: Values;
}

/** A live or archived record. Times are epoch milliseconds of the sandbox clock. */
export interface CrmRecord {
  readonly id: string;
  readonly type: TypeId;
  readonly createdAt: number;
  updatedAt: number;
  archivedAt: number | undefined;
  values: Values;
  /** Oldest first. Property histories are read out of these, so a write costs one entry however many properties it has. */
  revisions: Revision[];
  createdBy: Author;
  /** Ids of the records merged into this one. */
  mergedIds: string[];
}

/** One version of one property. */
export interface PropertyVersion {
  value: string;
  at: number;
  author: Author;
}

/** The current value, or undefined when it was never set or was cleared. */
export function valueOf(record: CrmRecord, property: string): string | undefined {
  switch (property) {
    case 'hs_object_id':
      return record.id;
    case 'createdate':
      return record.values['createdate'] || isoTime(record.createdAt);
    case 'hs_createdate':
      return isoTime(record.createdAt);
    case 'hs_lastmodifieddate':
      return isoTime(record.updatedAt);
    case 'lastmodifieddate':
      return record.type === '0-1' ? isoTime(record.updatedAt) : undefined;
    case 'hs_object_source':
    case 'hs_object_source_label':
      return record.createdBy.sourceType;
    case 'hs_object_source_id':
      return record.createdBy.sourceId;
    case 'hs_merged_object_ids':
      return record.mergedIds.length === 0 ? undefined : record.mergedIds.join(';');
    default: {
      const value = record.values[property];
      return value === '' ? undefined : value;
    }
  }
}

/** A property's versions, newest first, at most `limit`. */
export function historyOf(record: CrmRecord, property: string, limit: number): PropertyVersion[] {
  const versions: PropertyVersion[] = [];
  for (let index = record.revisions.length - 1; index >= 0 && versions.length < limit; index -= 1) {
    const { at, author, values } = record.revisions[index] as Revision;
    const value = values[property];
    if (value !== undefined) versions.push({ value, at, author });
  }
  return versions;
}

/** A record as the search index sees it. */
export interface RecordView {
  record: CrmRecord;
  values: Values;
  updatedAt: number;
}

/**
 * The record as it stood at `moment`, or undefined when it was not there yet.
 * The search index is this view, some time behind the truth.
 */
export function viewAt(record: CrmRecord, moment: number): RecordView | undefined {
  if (record.updatedAt <= moment) return { record, values: record.values, updatedAt: record.updatedAt };
  if (record.createdAt > moment) return undefined;
  const values: Values = {};
  let updatedAt = record.createdAt;
  for (const revision of record.revisions) {
    if (revision.at > moment) break;
    Object.assign(values, revision.values);
    updatedAt = revision.at;
  }
  return { record, values, updatedAt };
}

/** {@link valueOf} on a view. */
export function valueInView({ record, values, updatedAt }: RecordView, property: string): string | undefined {
  if (values === record.values) return valueOf(record, property);
  return valueOf({ ...record, values, updatedAt }, property);
}
