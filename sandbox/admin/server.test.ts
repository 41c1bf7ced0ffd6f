import { afterEach, describe, expect, it } from '@jest/globals';
import { createFaultEngine } from '../faults/engine.ts';
import { createRequestLog } from '../journal/request-log.ts';
import { createWriteLog } from '../journal/write-log.ts';
import { AdminError, type Play, type SandboxAdapter } from './adapter.ts';
import { createSandboxClock } from './sandbox-clock.ts';
import { startAdminServer } from './server.ts';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(played: Play[] = []) {
  const clock = createSandboxClock({ now: () => new Date('2026-01-01T00:00:00.000Z') });
  const adapter: SandboxAdapter = {
    vendor: 'test<crm>',
    url: 'http://127.0.0.1:1',
    clock,
    writes: createWriteLog(),
    requests: createRequestLog(),
    faults: createFaultEngine(),
    faultPresets: { storm: { about: 'wind', rules: () => [{ fault: { kind: 'delay', ms: 1 } }] } },
    counts: () => ({ deal: 1 }),
    records: (object) => {
      if (object !== 'deal') throw new AdminError(404, 'no such object');
      return [{ id: '1' }];
    },
    record: (_object, id) => (id === '1' ? { id } : undefined),
    seed: (_object, records) => records.map((_record, index) => String(index)),
    play: (play) => {
      played.push(play);
      return { id: play.id };
    },
    setLatency: () => {},
    revokeTokens: () => {},
    deals: () => [
      { id: '1', name: '<b>', account: '', sourcedBy: 'P', stage: 'S', amount: '1', closed: false },
    ],
    routes: { 'POST /webhooks': (body) => ({ got: body }) },
  };
  const server = await startAdminServer(adapter, 0);
  running.push(server);
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(server.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { adapter, server, call };
}

describe('the admin port', () => {
  it('moves the sandbox clock', async () => {
    const { call } = await start();
    expect((await call('POST', '/clock', { advanceMs: 1500 })).body).toEqual({
      now: '2026-01-01T00:00:01.500Z',
    });
    expect((await call('POST', '/clock', { now: '2027-01-01T00:00:00Z' })).body['now']).toBe(
      '2027-01-01T00:00:00.000Z',
    );
    expect((await call('GET', '/health')).body['now']).toBe('2027-01-01T00:00:00.000Z');
  });

  it('says what is wrong with a bad request instead of ignoring it', async () => {
    const { call } = await start();
    expect((await call('POST', '/faults', { rules: [{ fault: { kind: 'no' } }] })).status).toBe(400);
    expect((await call('POST', '/play', { action: 'dance', id: '1' })).status).toBe(400);
    expect((await call('GET', '/records/deal/9')).status).toBe(404);
    expect((await call('GET', '/records/nothing')).status).toBe(404);
    expect((await call('GET', '/writes?since=x')).status).toBe(400);
    expect((await call('POST', '/faults/preset/calm')).body['error']).toContain('storm');
    expect((await call('GET', '/constructor')).status).toBe(404);
  });

  it('adds presets and vendor routes, and lists rules with their hits', async () => {
    const { adapter, call } = await start();
    await call('POST', '/faults/preset/storm', { seed: 4 });
    adapter.faults.plan({ method: 'GET', path: '/', endpoint: 'GET /' });
    expect((await call('GET', '/faults')).body).toMatchObject([{ hits: 1, fault: { kind: 'delay' } }]);
    await call('DELETE', '/faults');
    expect((await call('GET', '/faults')).body).toEqual([]);
    expect((await call('POST', '/webhooks', { a: 1 })).body).toEqual({ got: { a: 1 } });
  });

  it('names each wrong field with its reason, a misspelled one too', async () => {
    const { call } = await start();
    const misspelled = { rules: [{ wen: { nth: 1 }, fault: { kind: 'status', status: '503' } }] };
    const problems = (await call('POST', '/faults', misspelled)).body['problems'] as { field: string }[];
    expect(problems.map(({ field }) => field)).toEqual(['rules.0.fault.status', 'rules.0.wen']);
    expect((await call('POST', '/play', { action: 'win' })).body['problems']).toEqual([
      { field: 'id', reason: 'which record?' },
    ]);
    expect((await call('POST', '/clock', { advanceMs: 'soon' })).body['problems']).toMatchObject([
      { field: 'advanceMs' },
    ]);
  });

  it('lists its own calls with the shape of their bodies', async () => {
    const { call } = await start();
    const index = (await call('GET', '/api')).body as unknown as Record<string, unknown>[];
    const clock = index.find(({ path }) => path === '/clock');
    expect(clock).toMatchObject({ method: 'POST', body: { anyOf: expect.any(Array) } });
    expect(index.every(({ about }) => typeof about === 'string')).toBe(true);
    for (const path of ['/webhooks', '/faults/presets', '/records/:object/:id', '/writes'])
      expect(index.map((route) => route['path'])).toContain(path);
  });

  it('takes back one fault rule, and lets a preset be told by its name', async () => {
    const { call } = await start();
    await call('POST', '/faults', { rules: [{ name: 'a', fault: { kind: 'revoke-token' } }] });
    const armed = (await call('POST', '/faults/preset/storm')).body as unknown as Record<string, unknown>[];
    expect(armed.map(({ name }) => name)).toEqual(['a', 'storm']);
    const left = (await call('DELETE', `/faults/${String(armed[0]?.['id'])}`)).body as unknown as unknown[];
    expect(left).toMatchObject([{ name: 'storm' }]);
    expect((await call('DELETE', '/faults/99')).status).toBe(404);
    expect((await call('GET', '/faults/presets')).body).toMatchObject([{ name: 'storm', about: 'wind' }]);
  });

  it('shows a page with escaped names whose buttons play', async () => {
    const played: Play[] = [];
    const { server } = await start(played);
    const page = await (await fetch(`${server.url}/`)).text();
    expect(page).toContain('&lt;b&gt;');
    expect(page).not.toContain('<b>');
    const pressed = await fetch(`${server.url}/play`, {
      method: 'POST',
      body: new URLSearchParams({ id: '1', action: 'win' }),
      redirect: 'manual',
    });
    expect(pressed.status).toBe(303);
    expect(played).toEqual([{ id: '1', action: 'win' }]);
  });
});
