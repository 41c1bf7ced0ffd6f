import { describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import { expandBitmaps, readerOfSchema } from './change-events.ts';

/** The shape of a change event's schema, as the facts give it. */
const schema = {
  type: 'record',
  name: 'OpportunityChangeEvent',
  fields: [
    {
      name: 'ChangeEventHeader',
      type: {
        type: 'record',
        name: 'ChangeEventHeader',
        fields: [
          { name: 'entityName', type: 'string' },
          { name: 'recordIds', type: { type: 'array', items: 'string' } },
          {
            name: 'changeType',
            type: {
              type: 'enum',
              name: 'ChangeType',
              symbols: ['CREATE', 'UPDATE', 'GAP_UPDATE', 'GAP_OVERFLOW'],
            },
          },
          { name: 'changeOrigin', type: 'string' },
          { name: 'commitNumber', type: 'long' },
          { name: 'nulledFields', type: { type: 'array', items: 'string' } },
          { name: 'changedFields', type: { type: 'array', items: 'string' } },
        ],
      },
    },
    { name: 'Name', type: ['null', 'string'] },
    { name: 'Amount', type: ['null', 'double'] },
    {
      name: 'BillingAddress',
      type: [
        'null',
        {
          type: 'record',
          name: 'Address',
          fields: [
            { name: 'Street', type: ['null', 'string'] },
            { name: 'City', type: ['null', 'string'] },
          ],
        },
      ],
    },
  ],
} as const;

const long = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: () => 0,
});
const type = avro.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avro.Schema, { registry: { long } });
const reader = readerOfSchema(JSON.stringify(schema), 'tributary');

function read(header: object) {
  const ChangeEventHeader = {
    entityName: 'Opportunity',
    recordIds: ['006A'],
    changeType: 'UPDATE',
    changeOrigin: 'com/salesforce/api/rest/62.0;client=tributary',
    commitNumber: 2n ** 60n,
    nulledFields: [],
    changedFields: [],
    ...header,
  };
  return reader.read(type.toBuffer({ ChangeEventHeader, Name: null, Amount: null, BillingAddress: null }));
}

describe('a change event', () => {
  it('names the changed and the emptied fields, also in parts, and numbers beyond 2^53 do no harm', () => {
    const { hints } = read({ changedFields: ['0x02', '3-0x2'], nulledFields: ['0x04'] });
    expect(hints).toEqual([
      { crmId: '006A', change: 'updated', fields: ['Name', 'BillingAddress.City', 'Amount'], ours: true },
    ]);
  });

  it('of several records is one hint each', () => {
    expect(read({ recordIds: ['006A', '006B'], changeType: 'CREATE' }).hints).toMatchObject([
      { crmId: '006A', change: 'created', fields: [] },
      { crmId: '006B', change: 'created', fields: [] },
    ]);
  });

  it('without details says only which record to read', () => {
    expect(read({ changeType: 'GAP_UPDATE' })).toMatchObject({
      hints: [{ crmId: '006A', change: 'unknown', fields: [] }],
      gap: null,
    });
  });

  it('that names no records is a gap', () => {
    expect(read({ changeType: 'GAP_OVERFLOW', recordIds: [] })).toMatchObject({
      hints: [],
      gap: expect.any(String),
    });
    expect(read({ recordIds: ['006*'] })).toMatchObject({ hints: [], gap: expect.any(String) });
  });

  it('is ours only under exactly our client name', () => {
    const ours = (changeOrigin: string) => read({ changeOrigin }).hints[0]?.ours;
    expect(ours('com/salesforce/api/rest/62.0;client=tributary')).toBe(true);
    expect(ours('com/salesforce/api/rest/62.0;client=tributary-staging')).toBe(false);
    expect(ours('com/salesforce/api/rest/62.0;client=my-tributary')).toBe(false);
    expect(ours('')).toBe(false);
  });
});

describe('expandBitmaps', () => {
  const layout = Array.from({ length: 40 }, (_field, index) => ({ name: `f${index}`, parts: [] }));

  it('counts from the lowest bit and reads either case of hex', () => {
    expect(expandBitmaps(['0x650004E0'], layout)).toEqual([
      'f5',
      'f6',
      'f7',
      'f10',
      'f24',
      'f26',
      'f29',
      'f30',
    ]);
    expect(expandBitmaps(['0x650004e0'], layout)).toEqual(expandBitmaps(['0x650004E0'], layout));
  });

  it('ignores what is no bitmap and fields the schema does not have', () => {
    expect(expandBitmaps(['nonsense', '', '99-0x1'], layout)).toEqual([]);
    expect(expandBitmaps([`0x1${'0'.repeat(20)}`], layout)).toEqual([]);
  });
});
