import type { Sandbox } from '../sandbox.ts';
import type { TypeId } from '../portal/object-types.ts';
import type { CrmRecord } from '../records/record.ts';
import type { Filter } from './search-request.ts';

/**
 * Records that might pass one group of filters: by id or by value index when a filter names values, all records else.
 * Recently changed records are always candidates, because the search index still shows their old values.
 */
export function findCandidates(
  sandbox: Sandbox,
  type: TypeId,
  filters: readonly Filter[],
  indexedUntil: number,
): Iterable<CrmRecord> {
  const store = sandbox.ledger.stores[type];
  const narrow = filters.find(({ operator }) => operator === 'EQ' || operator === 'IN');
  if (narrow === undefined || !indexable(sandbox, type, narrow.propertyName)) return store.all();
  const values = narrow.operator === 'IN' ? (narrow.values ?? []) : [narrow.value ?? ''];
  const found = new Set<CrmRecord>();
  for (const value of values) {
    if (narrow.propertyName === 'hs_object_id') {
      const record = store.live(value);
      if (record?.id === value) found.add(record);
    } else for (const record of store.having(narrow.propertyName, value)) found.add(record);
  }
  for (const record of sandbox.ledger.recent[type].since(indexedUntil)) {
    if (record.archivedAt === undefined) found.add(record);
  }
  return found;
}

/** Numbers and times compare equal in several spellings, and HubSpot's own values are not kept among the record's. */
function indexable(sandbox: Sandbox, type: TypeId, name: string): boolean {
  if (name === 'hs_object_id') return true;
  const property = sandbox.portal.schemas[type].properties.get(name);
  return property !== undefined && !property.readOnly && /^(string|enumeration|bool)$/.test(property.type);
}
