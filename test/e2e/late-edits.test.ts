import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminUrl,
  crms,
  dealWrites,
  editDeal,
  newDeals,
  recordOf,
  registerAndApprove,
  startSystem,
  untilMirrored,
  type Crm,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

const fieldsOf = {
  salesforce: { object: 'Opportunity', name: 'Name', amount: 'Amount', partner: 'Tributary_Partner__c' },
  hubspot: { object: 'deals', name: 'dealname', amount: 'amount', partner: 'tributary_partner' },
} as const;

interface Proposal {
  id: string;
  dealId: string;
  field: string;
  held: unknown;
  proposed: unknown;
  state: string;
}

let system: RunningSystem;
const deals: Record<Crm, RegisteredDeal[]> = { salesforce: [], hubspot: [] };

beforeAll(async () => {
  system = await startSystem();
  const registered = await registerAndApprove(system, newDeals(3));
  await untilMirrored(system, registered);
  for (const deal of registered) deals[deal.crm].push(deal);
  await untilReadBack(registered);
}, 240_000);
afterAll(() => system?.close());

async function untilReadBack(of: readonly RegisteredDeal[]): Promise<void> {
  await until(
    'reading back',
    async () => {
      const rows = await system.db.query(
        'SELECT 1 FROM field_memory WHERE deal_id = ANY($1::uuid[]) AND cardinality(unread) = 0',
        [of.map(({ id }) => id)],
      );
      return rows.length === of.length || undefined;
    },
    30_000,
  );
}

function deal(crm: Crm, index: number): RegisteredDeal {
  const found = deals[crm][index];
  if (!found) throw new Error(`no deal ${index} in ${crm}`);
  return found;
}

async function record(of: RegisteredDeal): Promise<Record<string, unknown>> {
  const { crmId } = await recordOf(system, of);
  const { object } = fieldsOf[of.crm];
  const all = (await system.admin(of.crm).records(object)) as Record<string, unknown>[];
  const found = all.find((one) => String(one['Id'] ?? one['id']) === crmId);
  return (found?.['properties'] as Record<string, unknown> | undefined) ?? found ?? {};
}

async function repEdits(of: RegisteredDeal, fields: Record<string, unknown>): Promise<void> {
  const { crmId } = await recordOf(system, of);
  const { object } = fieldsOf[of.crm];
  await system.admin(of.crm).play([{ action: 'update', id: crmId, object, fields } as never]);
}

async function call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${system.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

async function proposalsOf(of: RegisteredDeal, all = false): Promise<Proposal[]> {
  const { body } = await call('GET', `/v1/proposals?deal=${of.id}&all=${all}`);
  return (body as { proposals: Proposal[] }).proposals;
}

function untilProposed(of: RegisteredDeal, count: number): Promise<Proposal[]> {
  return until(
    'a proposal',
    async () => {
      const found = await proposalsOf(of);
      return found.length === count ? found : undefined;
    },
    30_000,
  );
}

describe("a partner's late edit", () => {
  it.each(crms)(
    'in %s waits for a person, is written once when accepted, and never when declined',
    async (crm) => {
      const { name, amount } = fieldsOf[crm];
      const edited = deal(crm, 0);
      const before = await record(edited);
      await editDeal(system, { ...edited, name: 'What the partner calls it', amount: '4321.00' });
      const proposed = await untilProposed(edited, 2);
      const [ofAmount, ofName] = [amount, name].map((field) => proposed.find((one) => one.field === field));
      expect(ofAmount).toMatchObject({ proposed: '4321.00', state: 'open' });

      const page = (await call('GET', '/v1/overview')).body as { proposals: Proposal[] };
      expect(page.proposals.map(({ id }) => id)).toEqual(expect.arrayContaining([ofAmount?.id, ofName?.id]));
      expect((await system.cli('proposals', 'list', '--deal', edited.id)).stdout).toContain(name);

      const wrong = await call('POST', `/v1/proposals/${ofAmount?.id ?? ''}/accept`, { held: '1' });
      expect(wrong.status).toBe(409);
      const accepted = await system.cli('proposals', 'accept', ofAmount?.id ?? '', '--by', 'Kim Lee');
      expect(accepted).toMatchObject({ code: 0 });
      const declined = await call('POST', `/v1/proposals/${ofName?.id ?? ''}/decline`, { by: 'Kim Lee' });
      expect(declined.status).toBe(200);

      expect(Number((await record(edited))[amount])).toBe(4321);
      expect((await record(edited))[name]).toBe(before[name]);
      await untilReadBack([edited]);
      const writes = (await dealWrites(system, crm)).filter(
        ({ op, fields }) => op !== 'create' && (amount in fields || name in fields),
      );
      expect(writes).toHaveLength(1);
      expect(await proposalsOf(edited)).toEqual([]);
    },
  );
});

describe('a field of ours', () => {
  it.each(crms)('that somebody clears in %s is put right, and that is told', async (crm) => {
    const { partner } = fieldsOf[crm];
    const cleared = deal(crm, 1);
    const before = (await record(cleared))[partner];
    await repEdits(cleared, { [partner]: crm === 'salesforce' ? null : '' });
    await until(
      'the field is back',
      async () => ((await record(cleared))[partner] === before ? true : undefined),
      30_000,
    );
    const told = await system.cli('differences', '--deal', cleared.id, '--all');
    expect(told.stdout).toContain(partner);
  });

  it('that a flow edits under our own name is noticed and not fought over', async () => {
    const flowed = deal('salesforce', 2);
    const flows = [
      { name: 'Shout', object: 'Opportunity', on: ['update'], set: { Tributary_Partner__c: 'SHOUTED' } },
    ];
    await setFlows(flows);
    try {
      await editDeal(system, { ...flowed, name: 'Touched' });
      await until(
        'the difference',
        async () => {
          const { body } = await call('GET', `/v1/differences?deal=${flowed.id}`);
          const found = (body as { differences: { found: unknown }[] }).differences;
          return found.some((one) => one.found === 'SHOUTED') ? true : undefined;
        },
        30_000,
      );
      await untilReadBack([flowed]);
      const count = async (): Promise<number> => (await dealWrites(system, 'salesforce')).length;
      const before = await count();
      await repEdits(flowed, { NextStep: 'Call again' });
      await untilHeard(flowed);
      expect(await count()).toBe(before);
    } finally {
      await setFlows([]);
    }
  });
});

async function setFlows(flows: object[]): Promise<void> {
  const answer = await fetch(`${adminUrl(system, 'salesforce')}/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ flows }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What happened to the record so far was read, and nothing is due for it. */
async function untilHeard(of: RegisteredDeal): Promise<void> {
  const { crmId } = await recordOf(system, of);
  await until(
    'the edit is heard and read',
    async () => {
      const rows = await system.db.query(
        `SELECT 1 FROM observed_records o JOIN mirrors m ON m.connection_id = o.connection_id AND m.crm_id = o.crm_id
          WHERE o.crm_id = $1 AND o.due_at IS NULL AND m.state = 'mirrored'
            AND EXISTS (SELECT 1 FROM change_hints h WHERE h.crm_id = $1 AND 'NextStep' = ANY(h.fields))`,
        [crmId],
      );
      return rows.length > 0 || undefined;
    },
    30_000,
  );
}

describe('tributary revert', () => {
  it.each(crms)('takes back what a run wrote in %s, and leaves what somebody changed since', async (crm) => {
    const { partner } = fieldsOf[crm];
    const [one, two] = [deal(crm, 0), deal(crm, 1)];
    const before = (await record(one))[partner];
    await system.db.query(`UPDATE partners SET name = name || ' WRONG'`);
    await system.db.query(
      `UPDATE mirrors SET state = 'due', due_at = now(), mirrored_hash = NULL WHERE deal_id = ANY($1::uuid[])`,
      [[one.id, two.id]],
    );
    const since = new Date(Date.now() - 1_000).toISOString();
    await until(
      'the wrong name is written',
      async () => (String((await record(two))[partner]).endsWith('WRONG') ? true : undefined),
      30_000,
    );
    await untilMirrored(system, [one, two]);
    // Stopped, a first try holds the deals and writes nothing: so nothing of ours comes between the rep and the second.
    await system.cli('stop', '--by', 'Kim Lee');
    expect(await system.cli('revert', '--connection', crm, '--since', since)).toMatchObject({ code: 1 });
    await repEdits(two, { [partner]: 'As the rep says' });
    await system.cli('resume', '--by', 'Kim Lee');
    const taken = await system.cli('revert', '--connection', crm, '--since', since);
    expect(taken).toMatchObject({ code: 0 });
    expect(taken.stdout).toContain(`${partner} stays As the rep says`);
    expect((await record(one))[partner]).toBe(before);
    expect((await record(two))[partner]).toBe('As the rep says');
    const held = await system.db.query(
      "SELECT 1 FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND state = 'parked' AND last_error->>'kind' = 'reverted'",
      [[one.id, two.id]],
    );
    expect(held).toHaveLength(2);
    await system.db.query(`UPDATE partners SET name = replace(name, ' WRONG', '')`);
  });
});
