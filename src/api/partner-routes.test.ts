import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bearer, serveApi } from '../../test/fixtures/api.ts';
import type { ServedApi } from '../../test/fixtures/api.ts';
import { recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { LinkRefused } from '../partners/partner-links.ts';
import { tierOn } from '../partners/tiers.ts';

describe('src/api/partner-routes', () => {
  let test: TestDatabase;
  let context: RecordingContext;
  let app: ServedApi;
  let confirmed: string[][];

  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    context = recordingContext();
    confirmed = [];
    app = await serveApi(test.db, context, {
      links: {
        candidates: async (key, connection) => {
          if (connection !== 'salesforce') throw new LinkRefused('No such connection.', true);
          return [{ crmId: '001A', name: key, because: 'same name' }];
        },
        confirm: async (...link) => {
          confirmed.push(link);
        },
      },
    });
  });
  afterEach(() => app.close());

  function put(key: string, payload: unknown) {
    return app.call({ method: 'PUT', url: `/v1/partners/${key}`, headers: bearer, payload });
  }

  it('creates a partner, brings it up to date, and keeps what is left out', async () => {
    const created = await put('alpha', { name: 'Alpha', email: 'pay@alpha.test', tier: 'silver' });
    const updated = await put('alpha', { name: 'Alpha Ltd', country: 'Germany' });
    const listed = await app.call({ url: '/v1/partners', headers: bearer });

    expect([created.statusCode, updated.statusCode]).toEqual([201, 200]);
    expect(updated.json()).toMatchObject({
      key: 'alpha',
      name: 'Alpha Ltd',
      email: 'pay@alpha.test',
      country: 'Germany',
      tier: 'silver',
      tiers: [{ tier: 'silver', from: '2026-03-02' }],
    });
    expect(listed.json()).toEqual({ partners: [updated.json()] });
  });

  it('keeps the history of tiers and finds the one of any day', async () => {
    await put('beta', { name: 'Beta', tier: 'silver', tierFrom: '2026-01-01' });
    await put('beta', { name: 'Beta', tier: 'bronze', tierFrom: '2025-01-01' });
    const { id } = (await put('beta', { name: 'Beta', tier: 'gold', tierFrom: '2027-01-01' })).json<{
      id: string;
    }>();

    const days = ['2024-12-31', '2025-01-01', '2025-12-31', '2026-03-02', '2027-01-01'];
    expect(await Promise.all(days.map((day) => tierOn(test.db, id, day)))).toEqual([
      null,
      'bronze',
      'bronze',
      'silver',
      'gold',
    ]);
  });

  it('does not rewrite the tier of a day that has begun, but that of one to come', async () => {
    await put('gamma', { name: 'Gamma', tier: 'silver' });
    const same = await put('gamma', { name: 'Gamma', tier: 'silver' });
    const rewritten = await put('gamma', { name: 'Gamma', tier: 'gold' });
    await put('gamma', { name: 'Gamma', tier: 'gold', tierFrom: '2026-06-01' });
    const planned = await put('gamma', { name: 'Gamma', tier: 'platinum', tierFrom: '2026-06-01' });

    const late = await put('gamma', { name: 'Gamma', tier: 'bronze', tierFrom: '2026-01-01' });
    const backdated = await put('gamma', { name: 'Gamma', tier: 'gold', tierFrom: '2026-02-01' });

    expect([same, rewritten, planned, late, backdated].map((answer) => answer.statusCode)).toEqual([
      200, 409, 200, 200, 409,
    ]);
    expect(backdated.json()['detail']).toBe(
      'The tier of "gamma" on 2026-02-01 was already set to "bronze"; a change needs a later first day.',
    );
    expect(planned.json()['tiers']).toEqual([
      { tier: 'silver', from: '2026-03-02' },
      { tier: 'platinum', from: '2026-06-01' },
    ]);
  });

  it('makes a new version of the approved deals when what they show of the partner changed', async () => {
    await put('delta', { name: 'Delta', tier: 'silver' });
    const ids: string[] = [];
    for (const ref of ['p-1', 'p-2']) {
      const payload = registration(ref, { partner: 'delta' });
      const posted = await app.call({ method: 'POST', url: '/v1/deals', headers: bearer, payload });
      ids.push(posted.json<{ id: string }>().id);
    }
    const [approved = '', submitted = ''] = ids;
    await app.call({ method: 'POST', url: `/v1/deals/${approved}/approve`, headers: bearer });
    context.changed.length = 0;

    await put('delta', { name: 'Delta', tier: 'silver', email: 'new@delta.test' });
    expect(context.changed).toEqual([]);
    await put('delta', { name: 'Delta Group' });
    context.clock.advance(86_400_000);
    await put('delta', { name: 'Delta Group', tier: 'gold' });

    expect(context.changed).toEqual([[approved], [approved]]);
    const shown = await Promise.all(ids.map((id) => app.call({ url: `/v1/deals/${id}`, headers: bearer })));
    expect(shown.map((deal) => deal.json()['version'])).toEqual([4, 1]);
    expect(submitted).not.toBe(approved);
  });

  it('names every fault of a partner', async () => {
    const answer = await put('epsilon', { name: ' ', email: 'x', tierFrom: 'soon', colour: 'red' });
    expect(answer.statusCode).toBe(422);
    const { errors } = answer.json<{ errors: { pointer: string }[] }>();
    expect(errors.map((error) => error.pointer).sort()).toEqual(['/colour', '/email', '/name', '/tierFrom']);
  });

  it('shows candidates for a link and confirms one in the name of a person', async () => {
    const candidates = await app.call({
      url: '/v1/partners/alpha/links/salesforce/candidates',
      headers: bearer,
    });
    const unknown = await app.call({ url: '/v1/partners/alpha/links/other/candidates', headers: bearer });
    const link = await app.call({
      method: 'PUT',
      url: '/v1/partners/alpha/links/salesforce',
      headers: bearer,
      payload: { crmId: '001A', by: 'kim' },
    });

    expect(candidates.json()).toEqual({
      candidates: [{ crmId: '001A', name: 'alpha', because: 'same name' }],
    });
    expect([unknown.statusCode, unknown.json()['detail']]).toEqual([404, 'No such connection.']);
    expect(link.statusCode).toBe(204);
    expect(confirmed).toEqual([['alpha', 'salesforce', '001A', 'kim']]);
  });
});
