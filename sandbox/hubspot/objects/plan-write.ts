import type { Call } from '../http/call.ts';
import type { ObjectType } from '../portal/object-types.ts';
import type { RecordChange } from '../records/change.ts';
import { checkProperties, type RawProperties } from '../records/check-properties.ts';
import { missingMessage, missingProperties } from '../records/required-properties.ts';
import type { CrmRecord, Values } from '../records/record.ts';
import { otherFault, type WriteFault } from './write-fault.ts';

/** A write that may be committed, or why it may not. */
export type WritePlan = { change: RecordChange } | { fault: WriteFault };

/** Unique values that earlier inputs of the same request will take. */
export type Claims = Map<string, string>;

/** Plans a create. The id is taken from the ledger at once; a refused input leaves a gap, as in HubSpot. */
export function planCreate(call: Call, type: ObjectType, raw: RawProperties, claims: Claims): WritePlan {
  const { portal, ledger, settings } = call.sandbox;
  const { values, calculated, faults } = checkProperties(portal, type.id, raw, undefined, call.now);
  if (faults.length > 0) return { fault: { kind: 'properties', faults } };
  if (settings.requireProperties) {
    const missing = missingProperties(type.id, values);
    if (missing.length > 0) {
      const fault = otherFault(400, 'VALIDATION_ERROR', missingMessage(type.id));
      if (fault.kind === 'other') fault.body.context = { properties: [`[${missing.join(', ')}]`] };
      return { fault };
    }
  }
  const id = ledger.nextId();
  const clash = claimUnique(call, type, values, id, claims);
  if (clash !== undefined) return { fault: createClash(call, type, id, clash) };
  return { change: { op: 'create', type: type.id, id, values, calculated } };
}

/** Plans an update of a live record. */
export function planUpdate(
  call: Call,
  type: ObjectType,
  record: CrmRecord,
  raw: RawProperties,
  claims: Claims,
): WritePlan {
  const { values, calculated, faults } = checkProperties(call.sandbox.portal, type.id, raw, record, call.now);
  if (faults.length > 0) return { fault: { kind: 'properties', faults } };
  const clash = claimUnique(call, type, values, record.id, claims);
  if (clash !== undefined) return { fault: valueTaken(call, type, record.id, clash) };
  return { change: { op: 'update', type: type.id, id: record.id, values, calculated } };
}

interface Clash {
  property: string;
  value: string;
  holder: string;
}

function claimUnique(
  call: Call,
  type: ObjectType,
  values: Values,
  id: string,
  claims: Claims,
): Clash | undefined {
  const store = call.sandbox.ledger.stores[type.id];
  for (const property of call.sandbox.portal.schemas[type.id].unique) {
    const value = values[property];
    if (value === undefined || value === '') continue;
    const key = `${property}=${value}`;
    const holder = store.byUnique(property, value)?.id ?? claims.get(key);
    if (holder !== undefined && holder !== id) return { property, value, holder };
    claims.set(key, id);
  }
  return undefined;
}

/** A contact's e-mail clashes with 409; every other unique property with 400, naming the id that was being made. */
function createClash(call: Call, type: ObjectType, id: string, clash: Clash): WriteFault {
  if (type.singular === 'contact' && clash.property === 'email') {
    return otherFault(409, 'CONFLICT', `Contact already exists. Existing ID: ${clash.holder}`);
  }
  return valueTaken(call, type, id, clash);
}

function valueTaken(call: Call, type: ObjectType, id: string, clash: Clash): WriteFault {
  const { portalId } = call.sandbox.portal;
  const where = `portalId=${portalId}, objectTypeId=ObjectTypeId{legacyObjectType=${type.label}}`;
  return otherFault(
    400,
    'VALIDATION_ERROR',
    `Cannot set PropertyValueCoordinates{${where}, propertyName=${clash.property}, value=${clash.value}} on ${id}. ${clash.holder} already has that value.`,
  );
}
