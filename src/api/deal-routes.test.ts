import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiKey, bearer, serveApi } from '../../test/fixtures/api.ts';
import type { Answered, ServedApi } from '../../test/fixtures/api.ts';
import { addPartner, recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { openDatabase } from '../platform/database/database.ts';
import { silentLogger } from '../platform/logging.ts';

describe('src/api/deal-routes', () => {
  let test: TestDatabase;
  let context: RecordingContext;
  let app: ServedApi;
  let run = 0;

  beforeAll(async () => {
    test = await createTestDatabase();
    await addPartner(test.db, 'north');
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    context = recordingContext();
    run += 1;
    const source = `programme-${run}`;
    app = await serveApi(test.db, context, { apiKeys: [{ name: 'kim', source, secret: apiKey }] });
  });
  afterEach(() => app.close());

  function post(payload: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    return app.call({
      method: 'POST',
      url: '/v1/deals',
      headers: { ...bearer, 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
    });
  }

  it('registers a deal and shows it, its place in the list, and its history', async () => {
    const posted = await post(registration('D-1'), { 'idempotency-key': 'k-1' });

    expect(posted.statusCode).toBe(201);
    const { outcome, ...deal } = posted.json<{ outcome: string; id: string }>();
    expect(outcome).toBe('registered');
    expect(posted.headers.location).toBe(`/v1/deals/${deal.id}`);
    expect(deal).toMatchObject({
      ref: 'D-1',
      status: 'submitted',
      version: 1,
      amount: '1234.50',
      partner: 'north',
    });
    const shown = await app.call({ url: `/v1/deals/${deal.id}`, headers: bearer });
    expect(shown.json()).toEqual(deal);
    const history = await app.call({ url: `/v1/deals/${deal.id}/history`, headers: bearer });
    expect(history.json()).toMatchObject({ events: [{ kind: 'registered', actor: 'kim', version: 1 }] });
  });

  it('gives the saved answer, byte for byte, to a repeat of the same key and body', async () => {
    const first = await post(registration('D-1'), { 'idempotency-key': 'k-1' });
    context.clock.advance(400 * 86_400_000);
    const reordered = Object.fromEntries(Object.entries(registration('D-1')).reverse());
    const again = await post(reordered, { 'idempotency-key': 'k-1' });

    expect([again.statusCode, again.body, again.headers.location]).toEqual([
      201,
      first.body,
      first.headers.location,
    ]);
  });

  it('refuses the same key with another body', async () => {
    await post(registration('D-1'), { 'idempotency-key': 'k-1' });
    const other = await post(registration('D-1', { amount: '1' }), { 'idempotency-key': 'k-1' });

    expect(other.statusCode).toBe(422);
    expect(other.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(other.json()).toMatchObject({ type: 'urn:tributary:problem:idempotency-key-reused', status: 422 });
  });

  it('has one effect when one key is posted a hundred times at once', async () => {
    const body = registration('D-1');
    delete body['ref'];
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => post(body, { 'idempotency-key': 'k-1' })),
    );

    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    const counted = await test.db.query(
      `SELECT count(DISTINCT d.id) AS deals, count(e.id) AS events FROM deals d JOIN deal_events e ON e.deal_id = d.id
        WHERE d.source = $1`,
      [`programme-${run}`],
    );
    expect(counted).toEqual([{ deals: 1n, events: 1n }]);
  });

  it('leaves the key free after a refusal, so that the cause can be removed', async () => {
    const body = registration('D-1', { partner: 'late' });
    const refused = await post(body, { 'idempotency-key': 'k-1' });
    await addPartner(test.db, 'late');
    const accepted = await post(body, { 'idempotency-key': 'k-1' });

    expect([refused.statusCode, accepted.statusCode]).toEqual([422, 201]);
  });

  it('takes the ref as the identity when there is no key, and asks for one of the two', async () => {
    const first = await post(registration('D-1', { version: 2 }));
    const same = await post(registration('D-1', { version: 2 }));
    const changed = await post(registration('D-1', { version: 3, amount: '99' }));
    const older = await post(registration('D-1', { version: 1 }));
    const neither = await post({ partner: 'north' });

    expect(
      [first, same, changed, older].map((answer) => [answer.statusCode, answer.json()['outcome']]),
    ).toEqual([
      [201, 'registered'],
      [200, 'unchanged'],
      [200, 'changed'],
      [200, 'ignored-older'],
    ]);
    expect(neither.statusCode).toBe(400);
    expect(neither.json()).toMatchObject({ type: 'urn:tributary:problem:idempotency-key-missing' });
  });

  it('names every fault at once, each with its pointer', async () => {
    const answer = await post({
      ref: 'D-1',
      partner: 'nobody',
      company: { domain: 'localhost', 'a/b': 1 },
      contact: { lastName: 'X', email: 'x' },
      products: [{ name: 'GTX' }, { name: '', quantity: 1.5 }],
      amount: '12.345',
      currency: 'EUR',
      expectedCloseDate: '2026-02-30',
    });

    expect(answer.statusCode).toBe(422);
    const { errors } = answer.json<{ errors: { pointer: string; detail: string }[] }>();
    expect(errors.map((error) => error.pointer).sort()).toEqual([
      '/amount',
      '/company/a~1b',
      '/company/domain',
      '/company/name',
      '/contact/email',
      '/expectedCloseDate',
      '/partner',
      '/products/1/name',
      '/products/1/quantity',
    ]);
  });

  it.each([
    ['no JSON', '{"ref":', 400, undefined],
    ['a prototype in disguise', '{"__proto__": {"ref": "x"}}', 400, undefined],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, undefined],
    ['nothing', '', 422, ['']],
    ['null', 'null', 422, ['']],
    ['a list', '[]', 422, ['']],
    ['a NUL', JSON.stringify(registration('a\u0000b')), 422, ['/ref']],
    [
      'half a surrogate pair',
      '{"company":{"name":"\\ud800"},"ref":"x","partner":"north","currency":"EUR"}',
      422,
      ['/company/name'],
    ],
    [
      'a NUL in a name',
      '{"a\\u0000":1,"ref":"x","partner":"north","currency":"EUR","company":{"name":"A"}}',
      422,
      ['/a\\u0000'],
    ],
    ['an amount as a number', JSON.stringify(registration('x', { amount: 12 })), 422, ['/amount']],
    ['an amount of zero', JSON.stringify(registration('x', { amount: '0.00' })), 422, ['/amount']],
    ['an amount below zero', JSON.stringify(registration('x', { amount: '-1' })), 422, ['/amount']],
    [
      'an amount beyond 64 bits',
      JSON.stringify(registration('x', { amount: '9'.repeat(30) })),
      422,
      ['/amount'],
    ],
    [
      'decimals of a currency without',
      JSON.stringify(registration('x', { amount: '1.5', currency: 'JPY' })),
      422,
      ['/amount'],
    ],
    ['an unknown currency', JSON.stringify(registration('x', { currency: 'EUX' })), 422, ['/currency']],
    ['a field nobody knows', JSON.stringify(registration('x', { amout: '1' })), 422, ['/amout']],
    ['a version that is no number', JSON.stringify(registration('x', { version: '1' })), 422, ['/version']],
    [
      'a version beyond exactness',
      '{"version":9007199254740993,"ref":"x","partner":"north","currency":"EUR","company":{"name":"A"}}',
      422,
      ['/version'],
    ],
    [
      'a country nobody knows',
      JSON.stringify(registration('x', { company: { name: 'A', country: 'Freedonia' } })),
      422,
      ['/company/country'],
    ],
    [
      'import fields at this door',
      JSON.stringify(registration('x', { registeredOn: '2020-01-01' })),
      422,
      ['/registeredOn'],
    ],
  ])('answers %s with a problem and stores nothing', async (_what, body, status, pointers) => {
    const answer = await post(body);

    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = answer.json<{ status: number; errors?: { pointer: string }[] }>();
    expect(problem.status).toBe(status);
    expect(problem.errors?.map((error) => error.pointer)).toEqual(pointers);
    const stored = await test.db.query('SELECT 1 FROM deals WHERE source = $1', [`programme-${run}`]);
    expect(stored).toEqual([]);
  });

  it('answers 401, 404, 413 and 415 as problems', async () => {
    const answers = [
      await app.call({ url: '/v1/deals' }),
      await app.call({ url: '/v1/deals', headers: { authorization: 'Bearer wrong' } }),
      await app.call({ url: '/v1/nowhere', headers: bearer }),
      await app.call({ url: '/v1/deals/not-an-id', headers: bearer }),
      await post(JSON.stringify({ ref: 'x'.repeat(1024 * 1024) })),
      await post('ref=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      await app.call({ url: '/v1/deals?limit=0&status=odd', headers: bearer }),
      await app.call({ url: '/v1/deals?cursor=e30', headers: bearer }),
      await app.call({ url: '/v1/deals?partner=%00', headers: bearer }),
    ];
    expect(answers.map((answer) => answer.statusCode)).toEqual([401, 401, 404, 404, 413, 415, 400, 400, 400]);
    for (const answer of answers)
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answers[0]?.headers['www-authenticate']).toBe('Bearer');
    expect(answers[6]?.json()).toMatchObject({ errors: [{ pointer: '/status' }, { pointer: '/limit' }] });
  });

  it('answers 503 with Retry-After while the database is down', async () => {
    const url = new URL(test.url);
    url.port = '1';
    const db = openDatabase({
      url: url.toString(),
      maxConnections: 1,
      applicationName: 'down',
      logger: silentLogger,
    });
    const broken = await serveApi(db, context);
    const answer = await broken.call({
      method: 'POST',
      url: '/v1/deals',
      headers: bearer,
      payload: registration('x'),
    });

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({ type: 'urn:tributary:problem:unavailable' });
    await broken.close();
    await db.close();
  });

  it('says nothing of an inner failure but that there was one', async () => {
    context.outputs.dealsChanged = () => Promise.reject(new Error('secret inner text'));
    const deal = (await post(registration('D-1'))).json<{ id: string }>();
    const answer = await app.call({ method: 'POST', url: `/v1/deals/${deal.id}/approve`, headers: bearer });

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret inner text');
  });

  it('pages through the list without losing or repeating a deal while others arrive', async () => {
    const posted: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      context.clock.advance(index % 2);
      const answer = await post(registration(`D-${index}`));
      posted.unshift(answer.json<{ ref: string }>().ref);
    }
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const url = `/v1/deals?source=programme-${run}&status=submitted&partner=north&limit=2${cursor}`;
      const page = (await app.call({ url, headers: bearer })).json<{
        deals: { ref: string }[];
        next: string | null;
      }>();
      seen.push(...page.deals.map((deal) => deal.ref));
      context.clock.advance(1000);
      await post(registration(`later-${seen.length}`));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toEqual(posted);
  });

  it('describes itself as OpenAPI 3.1 without a key', async () => {
    const document = (await app.call({ url: '/v1/openapi.json' })).json<{
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    }>();
    expect(document.openapi).toBe('3.1.0');
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes).toEqual(
      expect.arrayContaining([
        'get /v1/deals',
        'get /v1/deals/{id}',
        'get /v1/deals/{id}/history',
        'get /v1/intake/parked',
        'get /v1/partners',
        'get /v1/partners/{key}',
        'get /v1/partners/{key}/links/{connection}/candidates',
        'post /v1/deals',
        'post /v1/deals/approve',
        'post /v1/deals/reject',
        'post /v1/deals/{id}/approve',
        'post /v1/deals/{id}/reject',
        'post /v1/intake/parked/{id}/retry',
        'post /v1/intake/prm/{source}',
        'put /v1/partners/{key}',
        'put /v1/partners/{key}/links/{connection}',
      ]),
    );
    expect(JSON.stringify(document.paths['/v1/deals']?.['post'])).toContain('expectedCloseDate');
  });
});
