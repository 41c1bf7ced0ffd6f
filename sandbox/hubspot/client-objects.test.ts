import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@hubspot/api-client';
import { startForTest, stopSandboxes, type TestSandbox } from './testing.ts';

let sandbox: TestSandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off' });
  client = new Client({
    basePath: sandbox.url,
    accessToken: sandbox.credentials.privateAppToken,
    numberOfApiCallRetries: 0,
  });
});
afterAll(stopSandboxes);

interface Refusal {
  code: number;
  body: { message: string; category: string; errors?: unknown[] } | string;
  headers: Record<string, string>;
}

async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  return promise.then(
    () => Promise.reject(new Error('was accepted')),
    (error: unknown) => error as Refusal,
  );
}

async function message(promise: Promise<unknown>): Promise<string> {
  const { body } = await refusal(promise);
  return typeof body === 'string' ? body : body.message;
}

const open = { dealname: 'Turbine', dealstage: 'qualifiedtobuy', amount: '1000.50' };

async function createDeal(properties: Record<string, string> = {}): Promise<string> {
  const deal = await client.crm.deals.basicApi.create({ properties: { ...open, ...properties } });
  return deal.id;
}

function upsertInput(key: string, properties: Record<string, string> = {}, traceId?: string) {
  return {
    id: key,
    idProperty: 'tributary_deal_id',
    properties: { ...open, ...properties },
    ...(traceId === undefined ? {} : { objectWriteTraceId: traceId }),
  };
}

describe('one deal through the real client', () => {
  it('is created with what HubSpot adds, read, changed and archived', async () => {
    const { basicApi } = client.crm.deals;
    const created = await basicApi.create({ properties: open });
    expect(created.properties).toMatchObject({
      pipeline: 'default',
      deal_currency_code: 'USD',
      hs_is_closed: 'false',
      hs_is_closed_won: 'false',
      hs_deal_stage_probability: '0.40000000000000002220446049250313080847263336181640625',
      hs_object_id: created.id,
      hs_object_source: 'INTEGRATION',
      hs_object_source_id: String(sandbox.credentials.privateAppId),
    });
    await basicApi.update(created.id, { properties: { dealstage: 'closedwon', amount: '1200' } });
    const read = await basicApi.getById(created.id, [
      'hs_is_closed_won',
      'amount',
      'closedate',
      'description',
    ]);
    expect(read.properties).toMatchObject({ hs_is_closed_won: 'true', amount: '1200', description: null });
    expect(read.properties['closedate']).toMatch(/^\d{4}-\d\d-\d\dT/);
    await basicApi.archive(created.id);
    await basicApi.archive(created.id);
    const gone = await refusal(basicApi.getById(created.id));
    expect(gone.code).toBe(404);
    expect(gone.headers['x-hubspot-notfound']).toBe('true');
    expect(gone.headers['content-type']).toContain('text/html');
    const archived = await basicApi.getById(created.id, undefined, undefined, undefined, true);
    expect(archived.archived).toBe(true);
  });

  it('keeps the history of a property, newest first, and leaves unchanged values out of it', async () => {
    const id = await createDeal({ amount: '1' });
    for (const amount of ['2', '2', '3']) {
      await client.crm.deals.basicApi.update(id, { properties: { amount } });
    }
    const read = await client.crm.deals.basicApi.getById(id, undefined, ['amount', 'hs_is_closed_won']);
    const versions = read.propertiesWithHistory?.['amount'] ?? [];
    expect(versions.map(({ value }) => value)).toEqual(['3', '2', '1']);
    expect(versions[0]).toMatchObject({
      sourceType: 'INTEGRATION',
      sourceId: String(sandbox.credentials.privateAppId),
    });
    const times = versions.map(({ timestamp }) => timestamp.getTime());
    expect(times).toEqual([...times].sort((left, right) => right - left));
    expect(new Set(times).size).toBe(3);
    expect(read.propertiesWithHistory?.['hs_is_closed_won']?.[0]?.sourceType).toBe('CALCULATED');
  });

  it('is found by a unique property, and answers under names, type ids and dated paths alike', async () => {
    const id = await createDeal({ tributary_deal_id: 'ONE-1' });
    const { basicApi } = client.crm.deals;
    const read = await basicApi.getById(
      'ONE-1',
      undefined,
      undefined,
      undefined,
      undefined,
      'tributary_deal_id',
    );
    expect(read.id).toBe(id);
    for (const path of [`/crm/v3/objects/0-3/${id}`, `/crm/objects/2026-03/deals/${id}`]) {
      const answer = await client.apiRequest({ method: 'GET', path });
      expect(((await answer.json()) as { id: string }).id).toBe(id);
    }
    const missing = basicApi.getById(
      'ONE-2',
      undefined,
      undefined,
      undefined,
      undefined,
      'tributary_deal_id',
    );
    expect((await refusal(missing)).code).toBe(404);
  });

  it('is refused with JSON inside the message when a value is wrong', async () => {
    const wrong = {
      ...open,
      amount: '1e3',
      dealstage: 'won',
      hubspot_owner_id: '1',
      deal_currency_code: 'CHF',
      tributary_protected_until: '2026-02-30',
      tributary_partner_sourced: 'yes',
      hs_is_closed: 'true',
      nothing: 'x',
    };
    const refused = await refusal(client.crm.deals.basicApi.create({ properties: wrong }));
    expect(refused.code).toBe(400);
    const text = (refused.body as { message: string }).message;
    expect(text.startsWith('Property values were not valid: [')).toBe(true);
    const results = JSON.parse(text.slice(text.indexOf('['))) as { name: string; error: string }[];
    expect(Object.fromEntries(results.map(({ name, error }) => [name, error]))).toEqual({
      amount: 'INVALID_INTEGER',
      dealstage: 'INVALID_OPTION',
      hubspot_owner_id: 'INVALID_OWNER_ID',
      deal_currency_code: 'INVALID_OPTION',
      tributary_protected_until: 'INVALID_DATE',
      tributary_partner_sourced: 'INVALID_OPTION',
      hs_is_closed: 'READ_ONLY_VALUE',
      nothing: 'PROPERTY_DOESNT_EXIST',
    });
    expect(
      await message(client.crm.deals.basicApi.create({ properties: { dealname: 'No stage' } })),
    ).toContain('Some required properties were not set');
  });

  it('clashes in the vendor’s words when a unique value is taken', async () => {
    const holder = await createDeal({ tributary_deal_id: 'CLASH-1' });
    const other = await createDeal({ tributary_deal_id: 'CLASH-2' });
    const text = await message(
      client.crm.deals.basicApi.update(other, { properties: { tributary_deal_id: 'CLASH-1' } }),
    );
    expect(text).toContain('Cannot set PropertyValueCoordinates{');
    expect(text).toContain(
      `propertyName=tributary_deal_id, value=CLASH-1} on ${other}. ${holder} already has that value.`,
    );
    const email = `ada${holder}@example.org`;
    const contact = await client.crm.contacts.basicApi.create({ properties: { email } });
    const again = await refusal(client.crm.contacts.basicApi.create({ properties: { email } }));
    expect(again.code).toBe(409);
    expect((again.body as { message: string }).message).toBe(
      `Contact already exists. Existing ID: ${contact.id}`,
    );
    const domain = { name: 'Acme', domain: 'acme.example' };
    const first = await client.crm.companies.basicApi.create({ properties: domain });
    const second = await client.crm.companies.basicApi.create({ properties: domain });
    expect(second.id).not.toBe(first.id);
  });
});

describe('batches through the real client', () => {
  it('upsert creates and then updates by a unique property, in no particular order', async () => {
    const inputs = Array.from({ length: 20 }, (_, index) => upsertInput(`UP-${index}`));
    const first = await client.crm.deals.batchApi.upsert({ inputs });
    expect(first.results.every((result) => result._new)).toBe(true);
    const order = first.results.map(({ properties }) => properties['tributary_deal_id']);
    expect(order).not.toEqual(inputs.map(({ id }) => id));
    expect([...order].sort()).toEqual(inputs.map(({ id }) => id).sort());
    const second = await client.crm.deals.batchApi.upsert({ inputs });
    expect(second.results.some((result) => result._new)).toBe(false);
    expect(new Set(second.results.map(({ id }) => id))).toEqual(new Set(first.results.map(({ id }) => id)));
  });

  it('write nothing at all when one input is bad and there are no trace ids', async () => {
    const inputs = [upsertInput('ALL-1'), upsertInput('ALL-2', { amount: 'much' })];
    expect((await refusal(client.crm.deals.batchApi.upsert({ inputs }))).code).toBe(400);
    const shared = inputs.map((input) => ({ ...input, objectWriteTraceId: 'same' }));
    expect((await refusal(client.crm.deals.batchApi.upsert({ inputs: shared }))).code).toBe(400);
    const read = await client.crm.deals.batchApi.read({
      inputs: [{ id: 'ALL-1' }],
      idProperty: 'tributary_deal_id',
      properties: [],
      propertiesWithHistory: [],
    });
    expect(read.results).toEqual([]);
  });

  it('write the good inputs and name the bad ones by trace id (207 resolves)', async () => {
    const inputs = [
      upsertInput('PART-1', {}, 'a'),
      upsertInput('PART-2', { amount: 'much' }, 'b'),
      upsertInput('PART-3', {}, 'c'),
    ];
    const answer = await client.crm.deals.batchApi.upsert({ inputs });
    expect(answer.results.map(({ objectWriteTraceId }) => objectWriteTraceId).sort()).toEqual(['a', 'c']);
    expect(answer).toMatchObject({
      numErrors: 1,
      errors: [{ category: 'VALIDATION_ERROR', context: { objectWriteTraceId: ['b'] } }],
    });
    const made = await client.crm.deals.batchApi.create({
      inputs: [
        { properties: { ...open, tributary_deal_id: 'PART-1' }, objectWriteTraceId: 'x' },
        { properties: { ...open, tributary_deal_id: 'PART-9' }, objectWriteTraceId: 'y' },
      ],
    });
    expect(made.results).toHaveLength(1);
    expect(made).toMatchObject({ errors: [{ context: { objectWriteTraceId: ['x'] } }] });
  });

  it('are refused when too large, doubled, or keyed by a property that is not unique', async () => {
    const { batchApi } = client.crm.deals;
    const many = Array.from({ length: 101 }, (_, index) => upsertInput(`MANY-${index}`));
    expect((await refusal(batchApi.upsert({ inputs: many }))).code).toBe(400);
    const twice = [upsertInput('TWICE', {}, 'a'), upsertInput('TWICE', {}, 'b')];
    expect(await message(batchApi.upsert({ inputs: twice }))).toBe(
      'Duplicate IDs found in batch input: [TWICE]. IDs must be unique',
    );
    for (const idProperty of ['dealname', 'hs_object_id']) {
      const inputs = [{ ...upsertInput('X'), idProperty }];
      expect(await message(batchApi.upsert({ inputs }))).toContain(
        `Unable to perform update/upsert by non-unique 0-3 property ${idProperty}`,
      );
    }
  });

  it('read up to a hundred, fifty with histories, and report ids they did not find', async () => {
    const id = await createDeal({ dealstage: 'contractsent' });
    await client.crm.deals.basicApi.update(id, { properties: { dealstage: 'closedwon' } });
    const answer = await client.crm.deals.batchApi.read({
      inputs: [{ id }, { id: '1' }],
      properties: ['dealname'],
      propertiesWithHistory: ['dealstage'],
    });
    const [found] = answer.results;
    expect(found?.propertiesWithHistory?.['dealstage']?.map(({ value }) => value)).toEqual([
      'closedwon',
      'contractsent',
    ]);
    expect(answer).toMatchObject({
      numErrors: 1,
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['1'] } }],
    });
    const inputs = Array.from({ length: 51 }, (_, index) => ({ id: String(index) }));
    const withHistory = { inputs, properties: [], propertiesWithHistory: ['dealstage'] };
    expect((await refusal(client.crm.deals.batchApi.read(withHistory))).code).toBe(400);
  });

  it('upsert contacts by e-mail and companies by their key, and archive', async () => {
    const contacts = await client.crm.contacts.batchApi.upsert({
      inputs: [{ id: 'Grace@Example.org', idProperty: 'email', properties: { lastname: 'Hopper' } }],
    });
    expect(contacts.results[0]?.properties['email']).toBe('grace@example.org');
    const companies = await client.crm.companies.batchApi.upsert({
      inputs: [{ id: 'acct-1', idProperty: 'tributary_account_key', properties: { name: 'Acme' } }],
    });
    const id = companies.results[0]?.id ?? '';
    await client.crm.companies.batchApi.update({ inputs: [{ id, properties: { city: 'Oslo' } }] });
    await client.crm.companies.batchApi.archive({ inputs: [{ id }] });
    expect((await refusal(client.crm.companies.basicApi.getById(id))).code).toBe(404);
  });
});

describe('search through the real client', () => {
  const search = (filters: object[], more: object = {}) =>
    client.crm.deals.searchApi.doSearch({ filterGroups: [{ filters }], ...more } as never);

  it('filters, sorts and pages', async () => {
    for (const amount of ['10', '9', '200']) await createDeal({ dealname: 'Searched', amount });
    const named = { propertyName: 'dealname', operator: 'EQ', value: 'searched' };
    const dearest = await search([named], { sorts: ['-amount'], properties: ['amount'], limit: 2 });
    expect(dearest.total).toBe(3);
    expect(dearest.results.map(({ properties }) => properties['amount'])).toEqual(['200', '10']);
    const rest = await search([named], { sorts: ['-amount'], limit: 2, after: dearest.paging?.next?.after });
    expect(rest.results).toHaveLength(1);
    const between = { propertyName: 'amount', operator: 'BETWEEN', value: '9.5', highValue: '10' };
    expect((await search([named, between])).total).toBe(1);
    const token = { propertyName: 'dealname', operator: 'CONTAINS_TOKEN', value: 'sear*' };
    expect((await search([token, { propertyName: 'amount', operator: 'GTE', value: '10' }])).total).toBe(2);
    expect((await search([named, { propertyName: 'dealtype', operator: 'HAS_PROPERTY' }])).total).toBe(0);
  });

  it('takes lists in lower case only, and refuses what goes beyond its limits', async () => {
    const id = await createDeal({ dealname: 'Listed' });
    const list = (values: string[], propertyName = 'dealname') =>
      search([{ propertyName, operator: 'IN', values }]);
    expect((await list(['listed'])).total).toBe(1);
    expect((await list(['Listed'])).total).toBe(0);
    expect((await list([id], 'hs_object_id')).total).toBe(1);
    expect((await refusal(list(['x'], 'nothing'))).code).toBe(400);
    const filter = { propertyName: 'dealname', operator: 'EQ', value: 'x' };
    expect((await refusal(search(Array(7).fill(filter)))).code).toBe(400);
    expect((await refusal(search([filter], { limit: 201 }))).code).toBe(400);
    expect((await refusal(search([filter], { limit: 10, after: '9991' }))).code).toBe(400);
    expect((await refusal(search([{ ...filter, value: 'x'.repeat(3000) }]))).code).toBe(400);
  });
});

describe('merging through the real client', () => {
  it('leaves a third record to which both old ids lead', async () => {
    const keep = await createDeal({ tributary_deal_id: 'M-1' });
    const drop = await createDeal({ description: 'from the other' });
    const merged = await client.crm.deals.basicApi.merge({ primaryObjectId: keep, objectIdToMerge: drop });
    for (const id of [keep, drop]) {
      const read = await client.crm.deals.basicApi.getById(id, ['description', 'tributary_deal_id']);
      expect(read.id).toBe(merged.id);
      expect(read.properties).toMatchObject({ description: 'from the other', tributary_deal_id: 'M-1' });
    }
    expect([keep, drop]).not.toContain(merged.id);
  });
});
