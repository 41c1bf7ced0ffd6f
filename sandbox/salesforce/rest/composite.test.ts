import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

const BASE = '/services/data/v62.0';

let org: OpenOrg;
let connection: Connection;

beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
});
afterAll(() => org.close());

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await org.raw('POST', `${BASE}/composite${path}`, { body });
  return { status: answer.status, body: answer.body as Record<string, unknown> };
}

async function countOf(name: string): Promise<number> {
  return (await connection.query(`SELECT Id FROM Account WHERE Name LIKE '${name}%'`)).totalSize;
}

function account(referenceId: string, fields: Record<string, unknown>): Record<string, unknown> {
  return { method: 'POST', url: `${BASE}/sobjects/Account`, referenceId, body: fields };
}

describe('a composite request', () => {
  it('feeds later requests with earlier answers and passes their headers on', async () => {
    const { body } = await post('', {
      compositeRequest: [
        account('parent', { Name: 'Composite' }),
        {
          method: 'POST',
          url: `${BASE}/sobjects/Contact`,
          referenceId: 'child',
          body: { LastName: 'C', AccountId: '@{parent.id}' },
        },
        { method: 'GET', url: `${BASE}/sobjects/Contact/@{child.id}?fields=AccountId`, referenceId: 'read' },
        {
          method: 'GET',
          url: `${BASE}/query?q=${encodeURIComponent('SELECT Id FROM Account')}`,
          referenceId: 'all',
          httpHeaders: { 'Sforce-Query-Options': 'batchSize=200' },
        },
      ],
    });
    const [parent, , read] = body['compositeResponse'] as {
      body: Record<string, unknown>;
      httpHeaders: object;
    }[];
    expect(read?.body['AccountId']).toBe(parent?.body['id']);
    expect(parent?.httpHeaders).toHaveProperty('Location');
  });

  it('is refused whole for repeated references and for more queries or requests than allowed', async () => {
    const query = (index: number) => ({ method: 'GET', url: `${BASE}/query?q=x`, referenceId: `r${index}` });
    const many = (count: number, make: (index: number) => unknown) => ({
      compositeRequest: Array.from({ length: count }, (_one, index) => make(index)),
    });
    expect(
      (
        await post(
          '',
          many(2, () => account('same', { Name: 'x' })),
        )
      ).body,
    ).toMatchObject([{ errorCode: 'INVALID_INPUT' }]);
    expect((await post('', many(6, query))).status).toBe(400);
    expect(
      (
        await post(
          '',
          many(26, (index) => account(`r${index}`, { Name: 'Too many' })),
        )
      ).status,
    ).toBe(400);
    expect(await countOf('Too many')).toBe(0);
  });

  it('does not take another composite inside', async () => {
    const inner = {
      method: 'POST',
      url: `${BASE}/composite/batch`,
      referenceId: 'inner',
      body: { batchRequests: [] },
    };
    const { body } = await post('', { compositeRequest: [inner] });
    expect(body['compositeResponse']).toMatchObject([{ httpStatusCode: 404 }]);
  });
});

describe('a batch', () => {
  const create = (name: string | null) => ({
    method: 'POST',
    url: 'v62.0/sobjects/Account',
    richInput: { Name: name },
  });

  it('carries every request out, whatever becomes of the others', async () => {
    const { status, body } = await post('/batch', {
      batchRequests: [
        create('Batch one'),
        create(null),
        create('Batch two'),
        { method: 'GET', url: `${BASE}/limits` },
      ],
    });
    expect([status, body['hasErrors']]).toEqual([200, true]);
    expect(body['results']).toMatchObject([
      { statusCode: 201, result: { success: true } },
      { statusCode: 400, result: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
      { statusCode: 201 },
      { statusCode: 200, result: { DailyApiRequests: {} } },
    ]);
    expect(await countOf('Batch')).toBe(2);
  });

  it('stops at the first failure when asked to', async () => {
    const { body } = await post('/batch', {
      haltOnError: true,
      batchRequests: [create('Halt one'), create(null), create('Halt two')],
    });
    expect(body['results']).toMatchObject([
      { statusCode: 201 },
      { statusCode: 400 },
      { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED' }] },
    ]);
    expect(await countOf('Halt')).toBe(1);
  });

  it('is refused whole for more than 25 requests', async () => {
    expect(
      (await post('/batch', { batchRequests: Array.from({ length: 26 }, () => create('No')) })).status,
    ).toBe(400);
    expect(await countOf('No')).toBe(0);
  });
});

describe('graphs', () => {
  const graph = (graphId: string, nodes: unknown[]) => ({ graphId, compositeRequest: nodes });

  it('are carried out whole or not at all, each for itself', async () => {
    const { status, body } = await post('/graph', {
      graphs: [
        graph('good', [
          account('a', { Name: 'Graph good' }),
          {
            method: 'PATCH',
            url: `${BASE}/sobjects/Account/@{a.id}`,
            referenceId: 'b',
            body: { Phone: '1' },
          },
        ]),
        graph('bad', [account('a', { Name: 'Graph bad' }), account('b', { Name: null })]),
      ],
    });
    expect(status).toBe(200);
    expect(body['graphs']).toMatchObject([
      {
        graphId: 'good',
        isSuccessful: true,
        graphResponse: { compositeResponse: [{ httpStatusCode: 201 }, { httpStatusCode: 204 }] },
      },
      {
        graphId: 'bad',
        isSuccessful: false,
        graphResponse: {
          compositeResponse: [
            { httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] },
            { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
          ],
        },
      },
    ]);
    expect(await countOf('Graph')).toBe(1);
  });

  it('are not tried any more after 14 have failed', async () => {
    const bad = Array.from({ length: 14 }, (_one, index) =>
      graph(`bad${index}`, [account('a', { Name: null })]),
    );
    const { body } = await post('/graph', {
      graphs: [...bad, graph('late', [account('a', { Name: 'Graph late' })])],
    });
    expect((body['graphs'] as unknown[]).at(-1)).toMatchObject({ graphId: 'late', isSuccessful: false });
    expect(await countOf('Graph late')).toBe(0);
  });

  it('are refused beyond 75 graphs, 500 nodes, 15 kinds of nodes, a depth of 15, and for other requests than of records', async () => {
    const one = (index: number) => graph(`g${index}`, [account('a', { Name: 'Beyond' })]);
    const status = async (graphs: unknown[]) => (await post('/graph', { graphs })).status;
    const nodes = (count: number) =>
      Array.from({ length: count }, (_one, index) => account(`n${index}`, { Name: 'Beyond' }));
    expect(await status(Array.from({ length: 76 }, (_one, index) => one(index)))).toBe(400);
    expect(await status([graph('g', nodes(501))])).toBe(400);
    const chain = Array.from({ length: 16 }, (_one, index) =>
      account(`n${index}`, { Name: 'Beyond', ...(index === 0 ? {} : { ParentId: `@{n${index - 1}.id}` }) }),
    );
    expect(await status([graph('g', chain)])).toBe(400);
    expect(await status([graph('g', [{ method: 'GET', url: `${BASE}/query?q=x`, referenceId: 'q' }])])).toBe(
      400,
    );
    const kinds = [
      'Account',
      'Contact',
      'Opportunity',
      'Lead',
      'Campaign',
      'Task',
      'Event',
      'Product2',
    ].flatMap((name) =>
      ['PATCH', 'DELETE'].map((method) => ({
        method,
        url: `${BASE}/sobjects/${name}/001000000000001`,
        referenceId: `${method}${name}`,
      })),
    );
    expect(await status([graph('g', kinds)])).toBe(400);
    expect(await countOf('Beyond')).toBe(0);
    expect(await status([graph('g', chain.slice(0, 15))])).toBe(200);
    expect(await countOf('Beyond')).toBe(15);
  });
});

describe('a tree', () => {
  const record = (referenceId: string, name: string, contacts: (string | null)[] = []) => ({
    attributes: { type: 'Account', referenceId },
    Name: name,
    Contacts: {
      records: contacts.map((last, index) => ({
        attributes: { type: 'Contact', referenceId: `${referenceId}c${index}` },
        LastName: last,
      })),
    },
  });

  it('creates parents with their children', async () => {
    const { status, body } = await post('/tree/Account', {
      records: [
        record('a', 'Tree one', ['Ash', 'Oak']),
        { attributes: { type: 'Account', referenceId: 'b' }, Name: 'Tree two' },
      ],
    });
    expect([status, body['hasErrors']]).toEqual([201, false]);
    const results = body['results'] as { referenceId: string; id: string }[];
    expect(results.map((one) => one.referenceId)).toEqual(['a', 'b', 'ac0', 'ac1']);
    const children = await connection.query(
      `SELECT LastName FROM Contact WHERE AccountId = '${results[0]?.id ?? ''}' ORDER BY LastName`,
    );
    expect(children.records.map((one) => one['LastName'])).toEqual(['Ash', 'Oak']);
  });

  it('saves nothing when one record is refused, and names that one', async () => {
    const { status, body } = await post('/tree/Account', {
      records: [record('a', 'Felled one', ['Elm', null])],
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      hasErrors: true,
      results: [
        { referenceId: 'ac1', errors: [{ statusCode: 'REQUIRED_FIELD_MISSING', fields: ['LastName'] }] },
      ],
    });
    expect(await countOf('Felled')).toBe(0);
  });

  it('is refused for repeated references and for more than 200 records', async () => {
    expect(
      (await post('/tree/Account', { records: [record('a', 'Felled'), record('a', 'Felled')] })).body,
    ).toMatchObject({
      hasErrors: true,
      results: [{ referenceId: 'a', errors: [{ statusCode: 'INVALID_INPUT' }] }],
    });
    const records = Array.from({ length: 201 }, (_one, index) => record(`r${index}`, 'Felled'));
    expect((await post('/tree/Account', { records })).status).toBe(400);
    expect(await countOf('Felled')).toBe(0);
  });
});
