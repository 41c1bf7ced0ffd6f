import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Overview } from '../../src/app/overview.ts';
import { startTributary, temporaryDataDir, tributary, until } from './tributary-process.ts';

const port = { TRIBUTARY_HTTP_PORT: '19466' };
let data: Awaited<ReturnType<typeof temporaryDataDir>>;

beforeAll(async () => {
  data = await temporaryDataDir();
});
afterAll(() => data.remove());

async function overviewOf(url: string): Promise<Overview> {
  const answer = await fetch(`${url}/v1/overview`);
  return (await answer.json()) as Overview;
}

async function page(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return answer.text();
}

describe('npm start on a fresh folder', () => {
  it('shows deals moving to a payout, stops on Ctrl-C and goes on with its data at the next start', async () => {
    const env = { ...port, TRIBUTARY_DATA_DIR: data.dir, TRIBUTARY_SETTLE_SECONDS: '1' };
    const first = await startTributary(['start'], env);
    expect(await page(first.url)).toContain('From registration to payout');

    const moved = await until(
      'an acknowledged payout',
      async () => {
        const overview = await overviewOf(first.url);
        const acknowledged = overview.reconciliation.connections.some(
          (connection) => connection.counts.acknowledged > 0,
        );
        return acknowledged ? overview : undefined;
      },
      90_000,
    );
    expect(moved.links).toHaveLength(2);
    for (const link of moved.links) expect(await page(link.url)).toContain('Newest deals');

    const [deal] = moved.deals;
    expect(await page(`${first.url}/deals/${deal?.id ?? ''}`)).toContain('Newest deals');
    const one = (await (await fetch(`${first.url}/v1/overview?deal=${deal?.id ?? ''}`)).json()) as Overview;
    expect(one.deals.map(({ id }) => id)).toEqual([deal?.id]);
    const writes = await tributary(['writes', '--limit', '3', '--json'], env);
    expect(JSON.parse(writes.stdout)).toHaveLength(3);

    const doctor = await tributary(['doctor', '--json'], env);
    expect({ code: doctor.code, stderr: doctor.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });

    expect(await first.interrupt()).toBe(0);
    const second = await startTributary(['start'], env);
    const kept = await overviewOf(second.url);
    const ids = new Set(kept.deals.map((deal) => deal.id));
    expect(moved.deals.every((deal) => ids.has(deal.id))).toBe(true);
    const paid = (overview: Overview): number =>
      overview.reconciliation.connections.reduce(
        (sum, connection) => sum + connection.counts.acknowledged,
        0,
      );
    expect(paid(kept)).toBeGreaterThanOrEqual(paid(moved));
    expect(await second.interrupt()).toBe(0);
  }, 240_000);
});
