/** Two workers on one local Salesforce that locks the account of whatever is written, as the real one does. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { setSlots } from '../../src/mirror/slots.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { openEngine, type Engine } from './open-engine.ts';
import { dealKey, opportunity, until, within } from './open-org.ts';

const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

const holdMs = 150;
const upsertDeals = { kind: 'deal', object: 'Opportunity', keyField: dealKey, operation: 'upsert' } as const;

/** Calls of few records, so that two workers have something to do at the same time. */
async function twoWorkers(recordsPerCall: number): Promise<Engine> {
  const engine = await openEngine();
  open.push(engine);
  await setSlots(engine.db, 'salesforce', 'push', 2);
  const wired = await engine.context.connections.open('salesforce');
  Object.assign(wired, {
    capabilities: {
      ...wired.capabilities,
      writeBatch: recordsPerCall,
      linkBatch: recordsPerCall,
      matchBatch: recordsPerCall,
    },
  });
  return engine;
}

function company(index: number) {
  return { name: `Company ${index}`, domain: `company-${index}.example`, country: 'US' };
}

/** Deals in turn of a few customers, each with a contact of its own. */
async function approved(engine: Engine, count: number, customers: number, change = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const contact = { firstName: 'Ada', lastName: `Number ${index}`, email: `ada-${index}@mail.example` };
    ids.push(
      await engine.register({
        name: `Deal ${index}`,
        company: company(index % customers),
        contact,
        ...change,
      }),
    );
  }
  await engine.approve(...ids);
  return ids;
}

async function drainTogether(engine: Engine, isDone: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 60 && !(await isDone()); round += 1) {
    engine.clock.advance(60_000);
    const drain = () => drainConnection(engine.context, { connectionId: 'salesforce' });
    await Promise.all([drain(), drain()]);
  }
  expect(await isDone()).toBe(true);
}

const allMirrored = (engine: Engine) => async () =>
  (await engine.db.query("SELECT 1 FROM mirrors WHERE state <> 'mirrored'")).length === 0;

/** Every refusal that a worker of ours meets from here on. */
async function countRefusals(engine: Engine): Promise<{ locked: number }> {
  const count = { locked: 0 };
  const { connector } = await engine.context.connections.open('salesforce');
  const { push } = connector;
  connector.push = async (...given) => {
    const outcomes = await push(...given);
    for (const outcome of outcomes)
      if (outcome.status === 'failed' && outcome.error.details.vendorCode === 'UNABLE_TO_LOCK_ROW')
        count.locked += 1;
    return outcomes;
  };
  return count;
}

describe('two workers in an org that locks accounts', () => {
  it('never write what belongs to one customer at the same time, contacts or deals', async () => {
    const engine = await twoWorkers(3);
    const refusals = await countRefusals(engine);
    await approved(engine, 24, 4);
    await engine.org.admin('PATCH', '/settings', { lockHoldMs: holdMs });
    await drainTogether(engine, allMirrored(engine));
    expect(refusals.locked).toBe(0);
    const records = await engine.org.records('Opportunity');
    expect(records.filter((record) => record[dealKey])).toHaveLength(24);
  }, 60_000);

  it('try again what somebody else had locked, record by record; each arrives once', async () => {
    const engine = await twoWorkers(200);
    const [first = ''] = await approved(engine, 2, 2);
    await drainTogether(engine, allMirrored(engine));
    const { crm_id: crmId } = await engine.mirror(first);
    const known = (await engine.org.records('Opportunity')).find(({ Id }) => Id === crmId);
    const [locked = '', free = ''] = await approved(engine, 2, 2, { contact: null });
    const refusals = await countRefusals(engine);

    // Another integration is at work on the first customer, and takes its time.
    await engine.org.admin('PATCH', '/settings', { lockHoldMs: 3_000 });
    const fields = opportunity({ AccountId: String(known?.['AccountId']) });
    const theirs = engine.org.connector.push(
      { ...upsertDeals, records: [{ key: 'theirs', fields }] },
      within(),
    );
    await until(
      () => engine.org.records('Opportunity'),
      (records) => records.some((one) => one[dealKey] === 'theirs'),
    );
    engine.clock.advance(5_000);
    await drainConnection(engine.context, { connectionId: 'salesforce' });
    expect(refusals.locked).toBe(1);
    expect((await engine.mirror(free)).crm_id).not.toBeNull();
    expect(await engine.mirror(locked)).toMatchObject({ state: 'due', crm_id: null });

    await theirs;
    await engine.org.admin('PATCH', '/settings', { lockHoldMs: 0 });
    await drainTogether(engine, allMirrored(engine));
    const deals = (await engine.org.records('Opportunity')).filter((one) => one[dealKey]);
    expect(deals).toHaveLength(2 + 2 + 1);
  }, 60_000);
});
