import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiKey, bearer, serveApi } from '../../test/fixtures/api.ts';
import type { ServedApi } from '../../test/fixtures/api.ts';
import { addPartner, recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { acceptIntake } from '../deals/intake.ts';

describe('src/api/decision-routes', () => {
  let test: TestDatabase;
  let context: RecordingContext;
  let app: ServedApi;
  let run = 0;

  beforeAll(async () => {
    test = await createTestDatabase();
    await addPartner(test.db, 'north');
    await addPartner(test.db, 'south');
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    context = recordingContext();
    run += 1;
    app = await serveApi(test.db, context, {
      apiKeys: [{ name: 'kim', source: `s-${run}`, secret: apiKey }],
    });
  });
  afterEach(() => app.close());

  async function register(count: number, partner = 'north'): Promise<string[]> {
    const items = Array.from({ length: count }, (_, n) => ({
      registration: registration(`${partner}-${n}`, { partner }),
    }));
    const results = await test.db.transaction((tx) =>
      acceptIntake(tx, { name: `s-${run}`, actor: 'test' }, items, context),
    );
    return results.map((result) => ('dealId' in result ? result.dealId : ''));
  }
  function post(url: string, payload?: unknown) {
    return app.call({ method: 'POST', url, headers: bearer, payload });
  }

  it('approves with a version, a CRM of record, a protection and word to the mirror', async () => {
    const [id = ''] = await register(1);
    const approved = await post(`/v1/deals/${id}/approve`);

    expect(approved.statusCode).toBe(200);
    expect(approved.json()).toMatchObject({
      status: 'approved',
      version: 2,
      crmOfRecord: 'salesforce',
      decidedBy: 'kim',
      protectedUntil: '2026-05-31',
    });
    expect(context.changed).toEqual([[id]]);
  });

  it('rejects only with a reason, and tells the mirror nothing', async () => {
    const [id = ''] = await register(1);
    const without = await post(`/v1/deals/${id}/reject`, {});
    const blank = await post(`/v1/deals/${id}/reject`, { reason: ' ' });
    const rejected = await post(`/v1/deals/${id}/reject`, { reason: 'known customer', by: 'Lee' });

    expect([without, blank].map((answer) => [answer.statusCode, answer.json()['errors']])).toEqual([
      [422, [{ pointer: '/reason', detail: 'is required' }]],
      [422, [{ pointer: '/reason', detail: 'must not be empty' }]],
    ]);
    expect(rejected.json()).toMatchObject({
      status: 'rejected',
      decidedBy: 'Lee',
      decisionReason: 'known customer',
    });
    expect(context.changed).toEqual([]);
  });

  it.each([
    ['approved', 'approve'],
    ['approved', 'reject'],
    ['rejected', 'approve'],
    ['withdrawn', 'approve'],
    ['won', 'approve'],
    ['lost', 'reject'],
  ])('refuses by name what a deal that is %s does not allow: %s', async (status, decision) => {
    const [id = ''] = await register(1);
    await test.db.query('UPDATE deals SET status = $2 WHERE id = $1', [id, status]);
    const answer = await post(`/v1/deals/${id}/${decision}`, { reason: 'because' });

    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      type: 'urn:tributary:problem:illegal-transition',
      detail: `The deal is ${status}; only a submitted deal can be ${decision === 'approve' ? 'approved' : 'rejected'}.`,
    });
  });

  it('lets one of many decisions at once through', async () => {
    const [id = ''] = await register(1);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        post(`/v1/deals/${id}/${n % 2 ? 'approve' : 'reject'}`, { reason: 'x' }),
      ),
    );
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.statusCode === 409)).toHaveLength(9);
  });

  it('approves many by id, naming those it cannot', async () => {
    const [one = '', two = '', three = ''] = await register(3);
    await post(`/v1/deals/${two}/reject`, { reason: 'no' });
    const nobody = '019c0000-0000-7000-8000-000000000000';
    const answer = await post('/v1/deals/approve', { ids: [one, two, three, nobody, one] });

    expect(answer.json()).toEqual({
      decided: 2,
      refused: [
        { id: two, name: 'illegal-transition', reason: expect.stringContaining('is rejected') },
        { id: nobody, name: 'not-found', reason: 'There is no such deal.' },
      ],
    });
    const records = await test.db.query(
      'SELECT crm_of_record FROM deals WHERE source = $1 AND status = $2 ORDER BY id',
      [`s-${run}`, 'approved'],
    );
    expect(records).toEqual([{ crm_of_record: 'salesforce' }, { crm_of_record: 'hubspot' }]);
  });

  it('approves a thousand by filter, at most five hundred in one transaction', async () => {
    await register(1001);
    const others = await register(2, 'south');
    const answer = await post('/v1/deals/approve', { filter: { partner: 'north', source: `s-${run}` } });

    expect(answer.json()).toEqual({ decided: 1001, refused: [] });
    expect(context.changed.map((ids) => ids.length)).toEqual([500, 500, 1]);
    const left = await app.call({ url: `/v1/deals?status=submitted&source=s-${run}`, headers: bearer });
    expect(
      left
        .json<{ deals: { id: string }[] }>()
        .deals.map((deal) => deal.id)
        .sort(),
    ).toEqual(others.sort());
  });

  it('rejects many with a reason, and asks for ids or a filter but not both', async () => {
    const ids = await register(2);
    const both = await post('/v1/deals/approve', { ids, filter: {} });
    const neither = await post('/v1/deals/approve', {});
    const rejected = await post('/v1/deals/reject', { ids, reason: 'programme ended' });

    expect([both.statusCode, neither.statusCode]).toEqual([422, 422]);
    expect(rejected.json()).toEqual({ decided: 2, refused: [] });
  });
});
