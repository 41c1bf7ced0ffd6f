import type { Call } from '../http/call.ts';
import { batchError, invalid, type Answer } from '../http/vendor-error.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { checkValue } from '../records/check-value.ts';
import type { CrmRecord } from '../records/record.ts';

/** The object type in the path. */
export function typeIn(call: Call): ObjectType {
  return call.types['objectType'] as ObjectType;
}

/** A live record by id or by a unique property. */
export function findRecord(
  call: Call,
  type: ObjectType,
  id: string,
  idProperty: string | undefined,
): CrmRecord | undefined {
  const store = call.sandbox.ledger.stores[type.id];
  if (idProperty === undefined || idProperty === 'hs_object_id') return store.live(id);
  return store.byUnique(idProperty, keyValue(call, type, idProperty, id));
}

/** A record in the recycle bin, by id. */
export function archivedRecord(call: Call, type: ObjectType, id: string): CrmRecord | undefined {
  const record = call.sandbox.ledger.stores[type.id].get(id);
  return record?.archivedAt === undefined ? undefined : record;
}

/** Writes go by unique-valued properties only; even `hs_object_id` is refused (facts: Batch). */
export function checkWriteKey(call: Call, type: ObjectType, idProperty: string | undefined): void {
  if (idProperty === undefined) throw invalid('idProperty is required for every input of an upsert.');
  if (call.sandbox.portal.schemas[type.id].unique.includes(idProperty)) return;
  throw invalid(
    `Unable to perform update/upsert by non-unique ${type.id} property ${idProperty} in portal ID ${call.sandbox.portal.portalId}`,
  );
}

/** Reads may also go by id, spelled out. */
export function checkReadKey(call: Call, type: ObjectType, idProperty: string): void {
  if (idProperty === 'hs_object_id') return;
  if (call.sandbox.portal.schemas[type.id].unique.includes(idProperty)) return;
  throw invalid(`${idProperty} is not a unique property of ${type.id}`);
}

/** The value as it is kept, e.g. an e-mail in lower case. An invalid one is left as it is; writing it will fail. */
export function keyValue(call: Call, type: ObjectType, idProperty: string, id: string): string {
  const property = call.sandbox.portal.schemas[type.id].properties.get(idProperty);
  if (property === undefined) return id;
  const checked = checkValue(property, id);
  return 'value' in checked ? checked.value : id;
}

/** The vendor's sentence for ids it did not find. */
export function missingText(type: ObjectType): string {
  return `Could not get some ${type.label} objects, they may be deleted or not exist. Check that ids are valid.`;
}

/** Turns an answer into a 207 that names the ids not found. */
export function withMissing(answer: Answer, type: ObjectType, ids: string[]): Answer {
  const body = answer.json as { numErrors?: number; errors?: unknown[] };
  const error = batchError('OBJECT_NOT_FOUND', missingText(type), { ids });
  const errors = [...(body.errors ?? []), error];
  return { ...answer, status: 207, json: { ...body, numErrors: errors.length, errors } };
}
