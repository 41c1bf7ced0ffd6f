import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOrg, type OpenOrg } from '../../test/sandbox/salesforce-org.ts';

/** Exchanges recorded from a real org; kept beside the repository, so not everywhere. */
const RECORDED = join(import.meta.dirname, '../../../shared/golden/salesforce-exchanges.jsonl');

interface Exchange {
  method: string;
  path: string;
  status: number;
  headers: Record<string, string>;
  response: unknown;
}

interface Described {
  name: string;
  fields: Record<string, unknown>[];
}

const exchanges: Exchange[] = existsSync(RECORDED)
  ? readFileSync(RECORDED, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Exchange)
  : [];

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg({ preset: 'fresh' });
});
afterAll(() => org.close());

const recorded = exchanges.length > 0 ? describe : describe.skip;
recorded(`beside exchanges recorded from a real org (skipped where ${RECORDED} does not exist)`, () => {
  it.each(['Account', 'Contact'])('describes %s in the same keys, and its fields alike', async (object) => {
    const real = exchanges.find((one) => one.path.endsWith(`/${object}/describe`))?.response as Described;
    const ours = (await org.raw('GET', `/services/data/v45.0/sobjects/${object}/describe`)).body as Described;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(real).sort());
    const alike = [
      'type',
      'length',
      'precision',
      'scale',
      'digits',
      'nillable',
      'createable',
      'updateable',
      'unique',
      'soapType',
    ];
    for (const field of real.fields) {
      const own = ours.fields.find((one) => one['name'] === field['name']);
      if (own === undefined) continue;
      expect(Object.keys(own).sort()).toEqual(Object.keys(field).sort());
      const pick = (from: Record<string, unknown>) => [field['name'], ...alike.map((key) => from[key])];
      expect(pick(own)).toEqual(pick(field));
    }
  });

  it('answers a missing record in the same status, headers and body', async () => {
    const real = exchanges.find((one) => one.method === 'GET' && one.status === 404);
    const ours = await org.raw('GET', '/services/data/v45.0/sobjects/Contact/0034S000005YJX9QAO');
    expect({ status: ours.status, body: ours.body }).toEqual({ status: 404, body: real?.response });
    for (const name of Object.keys(real?.headers ?? {}))
      expect([name, ours.headers.has(name)]).toEqual([name, true]);
  });

  it('answers collection items, good and bad, in the same shape', async () => {
    const bad = exchanges.find((one) => JSON.stringify(one.response).includes('REQUIRED_FIELD_MISSING'));
    const path = '/services/data/v45.0/composite/sobjects';
    const record = { attributes: { type: 'Account' }, Name: null };
    expect((await org.raw('POST', path, { body: { allOrNone: false, records: [record] } })).body).toEqual(
      bad?.response,
    );
    const good = exchanges.find(
      (one) => one.method === 'POST' && one.path.endsWith('/composite/sobjects') && one !== bad,
    );
    const created = (await org.raw('POST', path, { body: { records: [{ ...record, Name: 'Jih' }] } }))
      .body as object[];
    expect(Object.keys(created[0] ?? {})).toEqual(Object.keys((good?.response as object[])[0] ?? {}));
  });

  it('reads a record with the same keys for the fields it has, and the same types', async () => {
    const real = exchanges.find((one) => /\/sobjects\/Account\/001\w+$/.test(one.path))?.response as Record<
      string,
      unknown
    >;
    const { body } = await org.raw('POST', '/services/data/v45.0/sobjects/Account', {
      body: { Name: 'Smith' },
    });
    const ours = (
      await org.raw('GET', `/services/data/v45.0/sobjects/Account/${(body as { id: string }).id}`)
    ).body as typeof real;
    expect(ours['attributes']).toMatchObject({ type: 'Account' });
    for (const name of [
      'Id',
      'IsDeleted',
      'Name',
      'ParentId',
      'OwnerId',
      'CreatedDate',
      'SystemModstamp',
      'Website',
    ]) {
      expect([name, shape(ours[name])]).toEqual([name, shape(real[name])]);
    }
  });
});

/** The form of a value: text by the kind of each character. */
function shape(value: unknown): unknown {
  if (typeof value !== 'string') return value === null ? null : typeof value;
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return value.replace(/\d/g, '0');
  return /^\w{18}$/.test(value) ? 'id' : 'text';
}
