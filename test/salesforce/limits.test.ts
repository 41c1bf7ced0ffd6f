/** What the org allows (`GET /limits`): asked for before the first write and rarely after, and heeded. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readLimits } from '../../src/mirror/usage/keep-limits.ts';
import { readUsage } from '../../src/mirror/usage/keep-usage.ts';
import { describeLimits } from '../../src/mirror/usage/limits-in-words.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { openEngine, type Engine, type EngineOptions } from './open-engine.ts';

type Org = NonNullable<EngineOptions['org']>;

const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

const limitsCall = 'GET /limits';
const jobCall = 'POST /jobs/ingest';

async function engineWith(settings: Org['settings'] = {}, bulkThreshold = 1_000): Promise<Engine> {
  const engine = await openEngine({ org: { dailyApiRequests: 15_000, settings } });
  open.push(engine);
  engine.context.bulkThreshold = bulkThreshold;
  return engine;
}

async function approved(engine: Engine, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const domain = `company-${index}-${Math.random().toString(36).slice(2)}.example`;
    ids.push(await engine.register({ company: { name: domain, domain, country: 'US' } }));
  }
  await engine.approve(...ids);
  return ids;
}

async function pushUntilMirrored(engine: Engine): Promise<void> {
  const waiting = () => engine.db.query("SELECT state FROM mirrors WHERE state <> 'mirrored'");
  for (let round = 0; round < 60 && (await waiting()).length > 0; round += 1) {
    engine.clock.advance(5_000);
    await drainConnection(engine.context, { connectionId: 'salesforce' });
  }
  expect(await waiting()).toEqual([]);
}

const settings = (engine: Engine, some: object) => engine.org.admin('PATCH', '/settings', some);
const calls = async (engine: Engine, name: string) => (await engine.org.calls())[name] ?? 0;
const cards = (engine: Engine, kind: string) => listCards(engine.db, { kind });

/** So much later that the limits are asked for again, with something to do. */
async function muchLater(engine: Engine): Promise<void> {
  engine.clock.advance(16 * 60_000);
  await approved(engine, 1);
  await engine.push();
}

describe('the limits of the org', () => {
  it('are known before anything is written, and asked for once in a quarter of an hour', async () => {
    const engine = await engineWith();
    const { connector } = await engine.context.connections.open('salesforce');
    const { push } = connector;
    const before: unknown[] = [];
    connector.push = async (...given) => {
      before.push(await readUsage(engine.db, 'salesforce'), await readLimits(engine.db, 'salesforce'));
      return push(...given);
    };
    await approved(engine, 1);
    await engine.push();
    expect(before.slice(0, 2)).toMatchObject([
      { allowed: 15_000, over: false },
      { figures: { calls: { max: 15_000 }, bulkBatches: { max: 15_000, remaining: 15_000 } } },
    ]);
    await approved(engine, 1);
    await engine.push();
    expect(await calls(engine, limitsCall)).toBe(1);
    await muchLater(engine);
    expect(await calls(engine, limitsCall)).toBe(2);
    expect(await describeLimits(engine.db, 'salesforce')).toMatch(
      /of 15000 calls in 24 hours are used .*; bulk batches: 15000 of 15000 left today; .*room for records: \d+ of 10240 MB left/,
    );
  });

  it('are never asked for once the reserve of the calls is touched', async () => {
    const engine = await engineWith();
    await approved(engine, 1);
    await engine.push();
    const { connector } = await engine.context.connections.open('salesforce');
    for (let call = 0; call < 300; call += 1)
      await connector.lookupByKey('Opportunity', 'Tributary_Deal_Id__c', ['none'], {
        deadline: Date.now() + 20_000,
      });
    const { used } = (await engine.org.admin('GET', '/limits')) as { used: number };
    // What is left is for hearing of won deals.
    await engine.org.admin('POST', '/limits', { dailyApiRequests: Math.floor(used / 0.91) });
    await engine.observe();
    await engine.org.forget();
    await muchLater(engine);
    expect(await calls(engine, limitsCall)).toBe(0);
    await engine.org.admin('POST', '/limits', { dailyApiRequests: 15_000 });
    await engine.observe();
    await muchLater(engine);
    expect(await calls(engine, limitsCall)).toBe(1);
  });

  it('that the user may not see are done without, and asked for again the next day', async () => {
    const engine = await engineWith();
    await engine.org.fault({
      match: { endpoint: limitsCall },
      fault: { kind: 'status', status: 403, code: 'INSUFFICIENT_ACCESS' },
    });
    await approved(engine, 1);
    await pushUntilMirrored(engine);
    expect(await readLimits(engine.db, 'salesforce')).toBeNull();
    expect(await readUsage(engine.db, 'salesforce')).toMatchObject({ allowed: 15_000 });
    await muchLater(engine);
    expect(await calls(engine, limitsCall)).toBe(1);
    engine.clock.advance(24 * 3_600_000);
    await muchLater(engine);
    expect(await calls(engine, limitsCall)).toBe(2);
  });
});

describe('the bulk batches of the day', () => {
  it('that are used up before let everything go out in ordinary batches, no job being asked for', async () => {
    const engine = await engineWith({ bulkStepMs: 0, bulkDailyBatches: 0 }, 5);
    await approved(engine, 6);
    await pushUntilMirrored(engine);
    expect(await calls(engine, jobCall)).toBe(0);
    expect(await engine.db.query('SELECT 1 FROM bulk_jobs')).toEqual([]);
  });

  it('that run out on the way give up the job alone: its records go out in ordinary batches, and a card says so', async () => {
    const engine = await engineWith({ bulkStepMs: 0 }, 5);
    await approved(engine, 1);
    await pushUntilMirrored(engine);
    // Another programme uses up what the org had said was left.
    await settings(engine, { bulkDailyBatches: 0 });
    await approved(engine, 6);
    await pushUntilMirrored(engine);
    expect(await calls(engine, jobCall)).toBeGreaterThan(0);
    const jobs = await engine.db.query<{ state: string }>('SELECT state FROM bulk_jobs');
    expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(['given-up']));
    expect(await engine.db.query('SELECT paused_until, pause_reason FROM connections')).toEqual([
      { paused_until: null, pause_reason: null },
    ]);
    const [card] = await cards(engine, 'bulk-quota');
    expect(card?.plain).toContain('bulk batches of the last 24 hours are used up');
    expect(card?.nextStep).toContain('ordinary batches');

    await settings(engine, { bulkDailyBatches: 15_000 });
    await muchLater(engine);
    expect(await cards(engine, 'bulk-quota')).toEqual([]);
  });
});

describe('the room for records', () => {
  it('that is nearly used up opens a card saying what will fail, closed by itself when there is room again', async () => {
    const engine = await engineWith();
    await settings(engine, { dataStorageMb: 1 });
    await approved(engine, 1);
    await pushUntilMirrored(engine);
    expect(await cards(engine, 'crm-storage')).toMatchObject([{ subject: 'records', alerts: true }]);
    const [card] = await cards(engine, 'crm-storage');
    expect(card?.plain).toContain('every new account, contact and deal is refused');

    await settings(engine, { dataStorageMb: 100 });
    await muchLater(engine);
    expect(await cards(engine, 'crm-storage')).toEqual([]);
  });

  it('that is used up refuses new records with the reason; they go through when there is room', async () => {
    const engine = await engineWith();
    await settings(engine, { dataStorageMb: 0 });
    const [id = ''] = await approved(engine, 1);
    await engine.push();
    const refused = await engine.db.query<{ last_error: { plain: string } }>(
      "SELECT last_error FROM crm_references WHERE state = 'parked'",
    );
    expect(refused[0]?.last_error.plain).toContain('no storage left for new records');
    expect((await engine.mirror(id)).state).toBe('waiting');
  });
});
