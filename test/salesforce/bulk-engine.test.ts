/** The engine at scale on one local Salesforce: bulk jobs, the stop switch, the hour's cap, the day's calls, culprits. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { listCards } from '../../src/platform/cards/cards.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { openEngine, type Engine, type EngineOptions } from './open-engine.ts';

const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

async function engineWith(options: EngineOptions = {}, bulkThreshold = 5): Promise<Engine> {
  const engine = await openEngine(options);
  open.push(engine);
  engine.context.bulkThreshold = bulkThreshold;
  return engine;
}

async function approved(engine: Engine, count: number, nameOf = (index: number) => `Deal ${index}`) {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(
      await engine.register({ name: nameOf(index), company: companyOf(index), contact: contactOf(index) }),
    );
  await engine.approve(...ids);
  return ids;
}

function companyOf(index: number) {
  return { name: `Company ${index}`, domain: `company-${index}.example`, country: 'US' };
}

function contactOf(index: number) {
  return { firstName: 'Ada', lastName: `Number ${index}`, email: `ada@company-${index}.example` };
}

async function pushUntil(engine: Engine, done: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 60 && !(await done()); round += 1) {
    engine.clock.advance(5_000);
    await drainConnection(engine.context, { connectionId: 'salesforce' });
  }
  if (!(await done())) throw new Error(JSON.stringify(await jobs(engine)));
}

function jobs({ db }: Engine): Promise<{ kind: string; state: string; crm_job_id: string | null }[]> {
  return db.query('SELECT kind, state, crm_job_id, last_error FROM bulk_jobs ORDER BY created_at');
}

async function states({ db }: Engine): Promise<string[]> {
  const rows = await db.query<{ state: string }>('SELECT state FROM mirrors ORDER BY deal_id');
  return rows.map(({ state }) => state);
}

const all = (engine: Engine, state: string) => async () =>
  (await states(engine)).every((one) => one === state);

async function ours(engine: Engine): Promise<Record<string, unknown>[]> {
  return (await engine.org.records('Opportunity')).filter((record) => record['Tributary_Deal_Id__c']);
}

describe('many due deals', () => {
  it('go out as four bulk jobs, each linked to its contact; few go out in ordinary batches', async () => {
    const engine = await engineWith({ org: { settings: { bulkStepMs: 0 } } });
    const ids = await approved(engine, 6);
    await pushUntil(engine, all(engine, 'mirrored'));
    expect((await jobs(engine)).map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'account done',
      'contact done',
      'deal done',
      'link done',
    ]);
    expect((await ours(engine)).map((record) => record['Tributary_Deal_Id__c']).sort()).toEqual(
      [...ids].sort(),
    );
    expect(await engine.org.records('OpportunityContactRole')).toHaveLength(6);

    const [late = ''] = await approved(engine, 1, () => 'Late');
    await pushUntil(engine, async () => (await engine.mirror(late)).state === 'mirrored');
    expect(await jobs(engine)).toHaveLength(4);
  });

  it('that are refused one by one are told of one by one, as in an ordinary batch', async () => {
    const validationRules = [
      {
        name: 'No_Secrets',
        object: 'Opportunity',
        when: [{ field: 'Name', op: 'equals' as const, value: 'Deal 2' }],
        message: 'no such name',
      },
    ];
    const engine = await engineWith({ org: { settings: { bulkStepMs: 0, validationRules } } });
    const ids = await approved(engine, 6);
    await pushUntil(engine, async () =>
      (await states(engine)).every((one) => one === 'mirrored' || one === 'parked'),
    );
    expect((await engine.mirror(ids[2] ?? '')).state).toBe('parked');
    expect(await ours(engine)).toHaveLength(5);
  });
});

describe('the stop switch', () => {
  it('keeps a job that was filled from ever being completed', async () => {
    const engine = await engineWith({ org: { settings: { bulkStepMs: 0 } } });
    await approved(engine, 6);
    // Stopped after the worker looked at the switch for this claim: the last look before the CRM would begin sees it.
    const { connections } = engine.context;
    const stopAtTheLast: typeof connections.open = async (id) => {
      if ((await jobs(engine)).some(({ state }) => state === 'uploaded'))
        await engine.db.query('UPDATE system_switches SET stopped = true, changed_by = $1', ['test']);
      return connections.open(id);
    };
    engine.context.connections = { ...connections, open: stopAtTheLast };
    await pushUntil(
      engine,
      async () => (await engine.db.query('SELECT 1 FROM system_switches WHERE stopped')).length > 0,
    );
    for (let round = 0; round < 5; round += 1) {
      engine.clock.advance(5_000);
      await drainConnection(engine.context, { connectionId: 'salesforce' });
    }
    expect(await engine.org.records('Account')).toHaveLength(1);
    expect((await jobs(engine)).map(({ state, crm_job_id }) => ({ state, crm_job_id }))).toEqual([
      { state: 'ready', crm_job_id: null },
    ]);
    engine.context.connections = connections;
    await engine.db.query('UPDATE system_switches SET stopped = false');
    await pushUntil(engine, all(engine, 'mirrored'));
    expect(await ours(engine)).toHaveLength(6);
  });
});

describe('an upload whose answer is lost', () => {
  it('is made anew: no job is given its data twice, and each deal is there once', async () => {
    const engine = await engineWith({ org: { settings: { bulkStepMs: 0 } } });
    await approved(engine, 6);
    await engine.org.fault({
      match: { endpoint: 'PUT /jobs/ingest/{id}/batches' },
      when: { times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    await pushUntil(engine, all(engine, 'mirrored'));
    const requests = (await engine.org.admin('GET', '/requests')) as { method: string; path: string }[];
    const uploads = requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
    expect(uploads).toHaveLength(5);
    expect(new Set(uploads).size).toBe(5);
    expect(await ours(engine)).toHaveLength(6);
  });
});

describe('the cap of an hour', () => {
  it('lets no job begin that would exceed it', async () => {
    const engine = await engineWith({ org: { settings: { bulkStepMs: 0 } } });
    await engine.db.query('UPDATE connections SET hourly_write_cap = 6');
    await engine.db.query(
      "INSERT INTO connection_write_hours (connection_id, hour, writes) VALUES ('salesforce', date_trunc('hour', $1::timestamptz, 'UTC'), 3)",
      [engine.clock.now()],
    );
    await approved(engine, 6);
    for (let round = 0; round < 4; round += 1) {
      engine.clock.advance(2_000);
      await drainConnection(engine.context, { connectionId: 'salesforce' });
    }
    expect((await engine.org.records('Account')).length).toBeLessThanOrEqual(1 + 3);
    expect((await jobs(engine)).every(({ crm_job_id }) => crm_job_id === null)).toBe(true);
  });
});

describe('the calls of a day', () => {
  it('pause writing at the share set, with a card; reading goes on, and ends the pause', async () => {
    const engine = await engineWith({}, 1_000);
    const [first = ''] = await approved(engine, 1);
    await engine.push();
    expect((await engine.mirror(first)).state).toBe('mirrored');
    const { used } = (await engine.org.admin('GET', '/limits')) as { used: number };
    await engine.org.admin('POST', '/limits', { dailyApiRequests: Math.ceil((used + 3) / 0.81) });
    await engine.observe();
    const [second = ''] = await approved(engine, 1, () => 'Second');
    await engine.push();
    expect((await engine.mirror(second)).state).not.toBe('mirrored');
    expect(await listCards(engine.db, { kind: 'api-usage' })).toMatchObject([{ alerts: true }]);

    await engine.org.play('update', (await engine.mirror(first)).crm_id ?? '', {
      fields: { StageName: 'Closed Won' },
    });
    await engine.org.admin('POST', '/limits', { dailyApiRequests: 15_000 });
    await engine.observe();
    await engine.push();
    await engine.push();
    expect((await engine.mirror(second)).state).toBe('mirrored');
    expect(await listCards(engine.db, { kind: 'api-usage' })).toEqual([]);
  });
});

describe('a trigger that fails a whole batch', () => {
  it('parks the culprit alone; its neighbours are written, in few calls', async () => {
    const triggers = [
      {
        name: 'Explode',
        object: 'Opportunity',
        when: [{ field: 'Name', op: 'equals' as const, value: 'Deal 5' }],
      },
    ];
    const engine = await engineWith({ org: { settings: { triggers } } }, 1_000);
    const ids = await approved(engine, 16);
    await engine.org.forget();
    await pushUntil(engine, async () =>
      (await states(engine)).every((one) => one === 'mirrored' || one === 'parked'),
    );
    expect((await states(engine)).filter((one) => one === 'parked')).toHaveLength(1);
    expect(await engine.mirror(ids[5] ?? '')).toMatchObject({ state: 'parked' });
    expect(await ours(engine)).toHaveLength(15);
    const calls = await engine.org.calls();
    expect(calls['PATCH /composite/sobjects/Opportunity/{extField}']).toBeLessThanOrEqual(1 + 2 * 4);
  });
});
