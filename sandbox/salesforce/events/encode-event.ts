import type { FieldDefinition } from '../schema/field.ts';
import type { Value, Values } from '../store/row.ts';
import { fieldBitmaps } from './bitmap.ts';
import type { ChangeEvent, ChangeType } from './change-event.ts';
import type { EventField, EventSchema } from './event-schema.ts';

/** What a too large event becomes; gaps and overflows carry no fields and are never too large. */
const GAP_OF: Partial<Record<ChangeType, ChangeType>> = {
  CREATE: 'GAP_CREATE',
  UPDATE: 'GAP_UPDATE',
  DELETE: 'GAP_DELETE',
  UNDELETE: 'GAP_UNDELETE',
};

/**
 * Encodes an event as Avro: all fields of the object, null where nothing changed; the header's bitmaps say which count.
 * An event of more than `maxBytes` becomes a gap: the ids without the fields (facts 1.6).
 */
export function encodeEvent(schema: EventSchema, event: ChangeEvent, maxBytes: number): Buffer {
  const whole = encode(schema, event);
  const gap = GAP_OF[event.changeType];
  return whole.length <= maxBytes || gap === undefined
    ? whole
    : encode(schema, { ...event, changeType: gap, values: {} });
}

function encode(schema: EventSchema, event: ChangeEvent): Buffer {
  const payload: Record<string, unknown> = { ChangeEventHeader: header(schema, event) };
  for (const field of schema.fields) payload[field.name] = fieldValue(field, event.values);
  return schema.type.toBuffer(payload);
}

/** A replay id as it travels: eight bytes, most significant first. */
export function encodeReplayId(replayId: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(replayId));
  return bytes;
}

/** Reads a replay id back; undefined when the bytes are none. */
export function decodeReplayId(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 8) return undefined;
  const id = Buffer.from(bytes).readBigUInt64BE();
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : undefined;
}

function header(schema: EventSchema, event: ChangeEvent): Record<string, unknown> {
  const { values } = event;
  const isUpdate = event.changeType === 'UPDATE';
  return {
    entityName: event.type.name,
    recordIds: event.recordIds,
    changeType: event.changeType,
    changeOrigin: event.changeOrigin,
    transactionKey: event.transactionKey,
    sequenceNumber: event.sequenceNumber,
    commitTimestamp: event.commitTimestamp,
    commitNumber: event.commitNumber,
    commitUser: event.commitUser,
    nulledFields: isUpdate ? fieldBitmaps(schema.fields, (name) => values[name] === null) : [],
    diffFields: [],
    changedFields: isUpdate ? fieldBitmaps(schema.fields, (name) => values[name] !== undefined) : [],
  };
}

function fieldValue(field: EventField, values: Values): unknown {
  if (field.parts === undefined) return avroValue(field.plain, values[field.name]);
  const present = field.parts.filter((part) => (values[part.field.name] ?? null) !== null);
  if (present.length === 0) return null;
  return Object.fromEntries(
    field.parts.map((part) => [part.name, avroValue(part.field, values[part.field.name])]),
  );
}

function avroValue(field: FieldDefinition | undefined, value: Value | null | undefined): Value | null {
  if (value === undefined || value === null) return null;
  return field?.type === 'date' ? Date.parse(`${String(value)}T00:00:00Z`) : value;
}
