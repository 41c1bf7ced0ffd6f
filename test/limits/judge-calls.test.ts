import { describe, expect, it } from '@jest/globals';
import { judgeCalls, type ArrivedCall } from './judge-calls.ts';

const start = Date.parse('2026-11-23T12:00:00.000Z');

function calls(
  count: number,
  atMs: number,
  endpoint = 'POST /crm/v3/objects/deals/batch/upsert',
): ArrivedCall[] {
  return Array.from({ length: count }, () => ({
    at: new Date(start + atMs).toISOString(),
    endpoint,
    status: 200,
  }));
}

describe('how a limit was used', () => {
  it('is told by whole windows from the first call on; the last one does not count', () => {
    const judged = judgeCalls([...calls(10, 0), ...calls(8, 12_000), ...calls(1, 25_000)], 10);
    expect(judged).toMatchObject({ share: 0.9, byWindow: [10, 8, 1], calls: 19, seconds: 25 });
  });

  it('counts windows in which nothing was sent as unused', () => {
    expect(judgeCalls([...calls(10, 0), ...calls(1, 25_000)], 10).share).toBe(0.5);
  });

  it('leaves out searches and logins, but no refusal', () => {
    const search = calls(3, 10, 'POST /crm/v3/objects/companies/search');
    const login = calls(1, 0, 'POST /oauth/v3/token');
    const refused = search.map((call) => ({ ...call, status: 429 }));
    const judged = judgeCalls([...login, ...refused, ...calls(2, 20)], 10);
    expect(judged).toMatchObject({ calls: 2, searches: 3, refused: 3 });
  });

  it('shows the fullest ten seconds, wherever they begin', () => {
    const judged = judgeCalls(
      [...calls(1, 0), ...calls(5, 9_000), ...calls(4, 11_000), ...calls(1, 19_000)],
      10,
    );
    expect(judged.fullest).toBe(9);
  });
});
