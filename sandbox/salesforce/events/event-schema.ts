import { createHash } from 'node:crypto';
import avro, { type Type } from 'avsc';
import type { FieldDefinition, FieldType } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { changeEventName } from './change-event.ts';

/** The Avro schema of one object's change events, and where each field stands in it. */
export interface EventSchema {
  /** What `GetSchema` is asked with: a fingerprint of the schema. */
  id: string;
  json: string;
  type: Type;
  fields: readonly EventField[];
}

/** A top-level field of the schema: a plain one, or a compound of several of the record's fields. */
export interface EventField {
  /** Position in the schema; the header is 0. Bitmaps count these. */
  position: number;
  name: string;
  plain?: FieldDefinition;
  parts?: readonly { name: string; field: FieldDefinition }[];
}

const NAMESPACE = 'com.sforce.eventbus';

const HEADER = {
  type: 'record',
  name: 'ChangeEventHeader',
  namespace: NAMESPACE,
  fields: [
    { name: 'entityName', type: 'string' },
    { name: 'recordIds', type: { type: 'array', items: 'string' } },
    {
      name: 'changeType',
      type: {
        type: 'enum',
        name: 'ChangeType',
        symbols: [
          'CREATE',
          'UPDATE',
          'DELETE',
          'UNDELETE',
          'GAP_CREATE',
          'GAP_UPDATE',
          'GAP_DELETE',
          'GAP_UNDELETE',
          'GAP_OVERFLOW',
          'SNAPSHOT',
        ],
      },
    },
    { name: 'changeOrigin', type: 'string' },
    { name: 'transactionKey', type: 'string' },
    { name: 'sequenceNumber', type: 'int' },
    { name: 'commitTimestamp', type: 'long' },
    { name: 'commitNumber', type: 'long' },
    { name: 'commitUser', type: 'string' },
    { name: 'nulledFields', type: { type: 'array', items: 'string' } },
    { name: 'diffFields', type: { type: 'array', items: 'string' } },
    { name: 'changedFields', type: { type: 'array', items: 'string' } },
  ],
};

const AVRO_TYPES: Partial<Record<FieldType, string>> = {
  boolean: 'boolean',
  double: 'double',
  currency: 'double',
  percent: 'double',
  int: 'int',
  date: 'long',
  datetime: 'long',
};

/** Builds the schema of an object's change events. Every field may be null: unchanged fields are. */
export function buildEventSchema(type: ObjectType): EventSchema {
  const fields = eventFields(type);
  return finish(changeEventName(type.name), fields, fields.map(avroField));
}

/** The schema of the channel that carries every object's events: the header they have in common. */
export function buildChannelSchema(name: string): EventSchema {
  return finish(name, [], []);
}

function finish(name: string, fields: readonly EventField[], avroFields: object[]): EventSchema {
  const schema = {
    type: 'record',
    name,
    namespace: NAMESPACE,
    fields: [{ name: 'ChangeEventHeader', type: HEADER }, ...avroFields],
  };
  const json = JSON.stringify(schema);
  const id = createHash('sha256').update(json).digest('base64url').slice(0, 22);
  return { id, json, fields, type: avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0]) };
}

function eventFields(type: ObjectType): EventField[] {
  const fields: EventField[] = [];
  const compounds = new Map<string, { name: string; field: FieldDefinition }[]>();
  for (const field of type.fields) {
    if (field.hiddenInEvents) continue;
    const { compound } = field;
    if (compound === undefined) {
      fields.push({ position: fields.length + 1, name: field.name, plain: field });
      continue;
    }
    const parts = compounds.get(compound.name);
    if (parts !== undefined) {
      parts.push({ name: compound.part, field });
      continue;
    }
    const first = [{ name: compound.part, field }];
    compounds.set(compound.name, first);
    fields.push({ position: fields.length + 1, name: compound.name, parts: first });
  }
  return fields;
}

function avroField(field: EventField): object {
  return {
    name: field.name,
    type: ['null', field.parts === undefined ? avroType(field.plain) : compoundType(field)],
    default: null,
  };
}

function avroType(field: FieldDefinition | undefined): string {
  return (field && AVRO_TYPES[field.type]) ?? 'string';
}

function compoundType(compound: EventField): object {
  return {
    type: 'record',
    // One named type per compound field: a schema may not define the same name twice.
    name: `${compound.name}Compound`,
    namespace: NAMESPACE,
    fields: (compound.parts ?? []).map((part) => ({
      name: part.name,
      type: ['null', avroType(part.field)],
      default: null,
    })),
  };
}
