import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@hubspot/api-client';
import { startForTest, stopSandboxes, type TestAnswer, type TestSandbox } from './testing.ts';

let sandbox: TestSandbox;
let client: Client;
let deal = '';
let company = '';

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off', labelLimit: 2, preset: 'fresh' });
  client = new Client({
    basePath: sandbox.url,
    accessToken: sandbox.credentials.privateAppToken,
    numberOfApiCallRetries: 0,
  });
  deal = await create('deals', { dealname: 'Labelled', dealstage: 'qualifiedtobuy' });
  company = await create('companies', { name: 'Partner' });
});
afterAll(stopSandboxes);

async function create(object: string, properties: Record<string, string>): Promise<string> {
  return String((await sandbox.call('POST', `/crm/v3/objects/${object}`, { properties })).json['id']);
}

const labelsPath = '/crm/v4/associations/deals/companies/labels';
const make = (name: string, label: string, inverseLabel?: string): Promise<TestAnswer> =>
  sandbox.call('POST', labelsPath, { name, label, inverseLabel });

describe('association labels', () => {
  it('are made with a type id for each direction, and are what a deal and a company can then be', async () => {
    const made = await client.crm.associations.v4.schema.definitionsApi.create('deals', 'companies', {
      name: 'partner_of_record',
      label: 'Partner of record',
    });
    expect(made.results.map(({ category, label }) => `${category}: ${label}`)).toEqual([
      'USER_DEFINED: Partner of record',
      'USER_DEFINED: Partner of record',
    ]);
    const [forth, back] = made.results.map(({ typeId }) => typeId);
    await client.crm.associations.v4.batchApi.create('deals', 'companies', {
      inputs: [
        {
          _from: { id: deal },
          to: { id: company },
          types: [{ associationCategory: 'USER_DEFINED' as never, associationTypeId: forth as number }],
        },
      ],
    });
    const typeIds = async (from: string, id: string, to: string): Promise<number[]> => {
      const page = await client.crm.associations.v4.basicApi.getPage(from, id, to);
      return page.results.flatMap(({ associationTypes }) => associationTypes.map(({ typeId }) => typeId));
    };
    expect(await typeIds('deals', deal, 'companies')).toEqual([341, forth]);
    expect(await typeIds('companies', company, 'deals')).toEqual([342, back]);
  });

  it('are refused under the category of HubSpot, in the wrong direction, and for other objects', async () => {
    const { json } = await sandbox.call('GET', labelsPath);
    const own = (json['results'] as { typeId: number; category: string }[]).find(
      ({ category }) => category === 'USER_DEFINED',
    );
    const put = (from: string, to: string, category: string, id: string, toId: string): Promise<TestAnswer> =>
      sandbox.call('PUT', `/crm/v4/objects/${from}/${id}/associations/${to}/${toId}`, [
        { associationCategory: category, associationTypeId: own?.typeId },
      ]);
    expect((await put('deals', 'companies', 'HUBSPOT_DEFINED', deal, company)).status).toBe(400);
    expect((await put('companies', 'deals', 'USER_DEFINED', company, deal)).status).toBe(400);
    expect((await put('deals', 'companies', 'USER_DEFINED', deal, company)).status).toBe(201);
    const wrong = await sandbox.call('POST', '/crm/v4/associations/notes/notes/labels', {
      name: 'x',
      label: 'X',
    });
    expect(wrong.status).toBe(400);
  });

  it('have names and texts of their own, up to a limit, and can be renamed and taken away', async () => {
    expect((await make('partner_of_record', 'Other')).status).toBe(400);
    expect((await make('other', 'Partner of record')).status).toBe(400);
    expect((await make('not a name', 'Other')).status).toBe(400);
    const paired = await make('referrer', 'Referred by', 'Referrer of');
    const [first, second] = paired.json['results'] as { typeId: number; label: string }[];
    expect([first?.label, second?.label]).toEqual(['Referred by', 'Referrer of']);
    expect((await make('third', 'Third')).json['message']).toMatch(/No more than 2/);
    await sandbox.call('PUT', labelsPath, { associationTypeId: first?.typeId, label: 'Sent by' });
    expect((await sandbox.call('GET', labelsPath)).text).toContain('Sent by');
    expect((await sandbox.call('DELETE', `${labelsPath}/${first?.typeId}`)).status).toBe(204);
    expect((await sandbox.call('DELETE', `${labelsPath}/${first?.typeId}`)).status).toBe(404);
    expect((await sandbox.call('DELETE', `${labelsPath}/5`)).status).toBe(404);
  });
});

describe('line items and notes', () => {
  it('hang on deals: line items by 19 and 20 with a calculated net price, read in batches', async () => {
    const lineItems = client.crm.lineItems;
    const made = await lineItems.batchApi.create({
      inputs: [
        {
          properties: { name: 'Licence', quantity: '3', price: '19.90', discount: '0.40' },
          associations: [
            {
              to: { id: deal },
              types: [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 20 }],
            },
          ],
        },
      ],
    });
    const id = made.results[0]?.id ?? '';
    const linked = await client.crm.associations.v4.basicApi.getPage('deals', deal, 'line_items');
    expect(linked.results.map(({ associationTypes }) => associationTypes[0]?.typeId)).toEqual([19]);
    const read = await lineItems.batchApi.read({
      inputs: [{ id }],
      properties: ['amount', 'quantity'],
      propertiesWithHistory: [],
    });
    expect(read.results[0]?.properties).toMatchObject({ amount: '58.5', quantity: '3' });
    await sandbox.call('PATCH', `/crm/v3/objects/line_items/${id}`, { properties: { quantity: '4' } });
    const after = await sandbox.call('GET', `/crm/v3/objects/0-8/${id}?properties=amount`);
    expect(after.json['properties']).toMatchObject({ amount: '78' });
    const refused = await sandbox.call('PATCH', `/crm/v3/objects/line_items/${id}`, {
      properties: { amount: '1' },
    });
    expect(refused.status).toBe(400);
  });

  it('take a note with its time, found from the deal', async () => {
    const note = (properties: Record<string, string>): Promise<TestAnswer> =>
      sandbox.call('POST', '/crm/v3/objects/notes', {
        properties,
        associations: [
          { to: { id: deal }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 214 }] },
        ],
      });
    expect((await note({ hs_note_body: 'No time' })).status).toBe(400);
    const made = await note({ hs_note_body: 'Sourced by a partner', hs_timestamp: '2026-11-23T10:00:00Z' });
    const seen = await sandbox.call('GET', `/crm/v3/objects/deals/${deal}?associations=notes`);
    expect(seen.json['associations']).toMatchObject({ notes: { results: [{ id: made.json['id'] }] } });
  });
});
