/** What a change event says, as hints. Sources: facts 1.6 (header, bitmaps, gaps), 1.7 (Avro). */
import avro from 'avsc';
import { z } from 'zod';
import type { ChangeHint } from '../../src/crm/connector.ts';

const Header = z.object({
  recordIds: z.array(z.string()),
  changeType: z.string(),
  changeOrigin: z.string().nullish(),
  changedFields: z.array(z.string()).default([]),
  nulledFields: z.array(z.string()).default([]),
  /** Milliseconds; a long in the schema. */
  commitTimestamp: z.coerce.number().optional(),
});
type Header = z.infer<typeof Header>;
const ChangeEvent = z.object({ ChangeEventHeader: Header });

export interface ChangeEventReader {
  read(payload: Buffer): DecodedChange;
}

export interface DecodedChange {
  hints: readonly ChangeHint[];
  /** Something changed that no hint can name: every record has to be looked at. */
  gap: string | null;
}

const CHANGES: Readonly<Record<string, ChangeHint['change']>> = {
  CREATE: 'created',
  UPDATE: 'updated',
  DELETE: 'deleted',
  UNDELETE: 'undeleted',
};

/** Every update touches these, so they say nothing about what was changed. */
const BOOKKEEPING = new Set(['LastModifiedDate', 'LastModifiedById']);

/** @throws Error when the schema is not Avro */
export function readerOfSchema(schemaJson: string, clientName: string): ChangeEventReader {
  const type = avro.Type.forSchema(JSON.parse(schemaJson) as avro.Schema, { registry: { long: bigLong } });
  const layout = type instanceof avro.types.RecordType ? type.fields.map(toLayout) : [];
  return {
    read(payload) {
      const { ChangeEventHeader: header } = ChangeEvent.parse(type.fromBuffer(payload));
      return toChange(header, layout, clientName);
    },
  };
}

function toChange(header: Header, layout: readonly FieldLayout[], clientName: string): DecodedChange {
  const { changeType, recordIds } = header;
  if (changeType === 'GAP_OVERFLOW')
    return { hints: [], gap: 'too many changes in one transaction for Salesforce to list' };
  if (recordIds.some((id) => id.includes('*')))
    return { hints: [], gap: 'a change to all records of an object at once' };
  const names = changeType === 'UPDATE' ? changedNames(header, layout) : [];
  const ours = header.changeOrigin?.endsWith(`;client=${clientName}`) === true;
  const change = CHANGES[changeType] ?? 'unknown';
  const committed =
    header.commitTimestamp === undefined ? {} : { committedAt: new Date(header.commitTimestamp) };
  const hints = recordIds.map((crmId) => ({ crmId, change, fields: names, ours, ...committed }));
  return { hints, gap: null };
}

function changedNames(header: Header, layout: readonly FieldLayout[]): string[] {
  const names = new Set([
    ...expandBitmaps(header.changedFields, layout),
    ...expandBitmaps(header.nulledFields, layout),
  ]);
  const telling = [...names].filter((name) => !BOOKKEEPING.has(name));
  return telling.length > 0 ? telling : [...names];
}

export interface FieldLayout {
  name: string;
  /** Names of a compound field's parts. */
  parts: readonly string[];
}

function toLayout(field: { name: string; type: avro.Type }): FieldLayout {
  const types = field.type instanceof avro.types.UnwrappedUnionType ? field.type.types : [field.type];
  const record = types.find((type) => type instanceof avro.types.RecordType);
  return {
    name: field.name,
    parts: record instanceof avro.types.RecordType ? record.fields.map((part) => part.name) : [],
  };
}

/** `['0x6500', '4-0x10']`: bits of the top-level fields, then of the parts of field 4; the lowest bit is field 0. */
export function expandBitmaps(bitmaps: readonly string[], layout: readonly FieldLayout[]): string[] {
  return bitmaps.flatMap((bitmap) => {
    const [position, bits] = bitmap.includes('-') ? bitmap.split('-', 2) : [undefined, bitmap];
    if (position === undefined) return setBits(bits).flatMap((bit) => layout[bit]?.name ?? []);
    const parent = layout[Number(position)];
    return setBits(bits).flatMap((bit) =>
      parent?.parts[bit] === undefined ? [] : [`${parent.name}.${parent.parts[bit]}`],
    );
  });
}

function setBits(hex: string | undefined): number[] {
  if (hex === undefined || !/^0x[0-9a-f]+$/i.test(hex)) return [];
  const bits: number[] = [];
  for (let rest = BigInt(hex), bit = 0; rest > 0n; rest >>= 1n, bit += 1) {
    if ((rest & 1n) === 1n) bits.push(bit);
  }
  return bits;
}

/** commitNumber and replay positions can pass 2^53, where avsc's own long type gives up on the whole event. */
const bigLong = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});
