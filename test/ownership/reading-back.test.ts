import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import { raiseHints } from '../../src/observations/raise-hints.ts';
import { startMirroredOrg, type MirroredOrg } from './mirrored-org.ts';

let system: MirroredOrg;
beforeAll(async () => {
  system = await startMirroredOrg();
});
afterAll(() => system.close());
beforeEach(() => setFlows([]));

let made = 0;
function ref(): string {
  return `r${(made += 1)}`;
}

async function setFlows(flows: object[]): Promise<void> {
  const answer = await fetch(`${system.org.sandbox.adminUrl}/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ flows }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function differences(dealId: string): Promise<object[]> {
  const all = await listDifferences(system.test.db, { dealId, all: true, limit: 50 });
  return all.map(({ field, kind, sent, found, action, state }) => ({
    field,
    kind,
    sent,
    found,
    action,
    state,
  }));
}

async function writesOf(dealId: string): Promise<number> {
  const rows = await system.test.db.query<{ count: bigint }>(
    'SELECT count(*) FROM crm_writes WHERE deal_id = $1',
    [dealId],
  );
  return Number(rows[0]?.count);
}

/** Everything that could still be written or read. */
async function settle(): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    await system.push();
    await system.readBack();
  }
}

/** As if its wait, or the lease of a worker that is no more, were over. */
async function makeDue(dealId: string): Promise<void> {
  await system.test.db.query(
    `UPDATE mirrors SET due_at = $2, lease_token = NULL, leased_until = NULL WHERE deal_id = $1 AND state = 'due'`,
    [dealId, system.clock.now()],
  );
  await system.test.db.query('UPDATE connections SET paused_until = NULL');
}

function customerOf(known: string): Record<string, unknown> {
  return {
    company: { name: `Company ${known}`, domain: `company-${known}.com` },
    contact: { firstName: 'Jo', lastName: 'Miller', email: `jo@company-${known}.com`, phone: '+49 40 1' },
  };
}

async function errorOf(dealId: string): Promise<unknown> {
  const [row] = await system.test.db.query<{ last_error: unknown }>(
    'SELECT last_error FROM mirrors WHERE deal_id = $1',
    [dealId],
  );
  return row?.last_error;
}

async function expectPutRight(dealId: string): Promise<void> {
  const crmId = await system.crmIdOf(dealId);
  const { Tributary_Partner__c: partner } = await system.opportunity(crmId);
  expect(partner).toBeTruthy();
  await system.repEdits(crmId, { Tributary_Partner__c: null });
  await settle();
  expect(await system.opportunity(crmId)).toMatchObject({ Tributary_Partner__c: partner });
}

describe('reading our writes back', () => {
  it('finds nothing to tell where the CRM holds what was sent, in its own form', async () => {
    const { dealId } = await system.mirrored(ref());
    expect(await differences(dealId)).toEqual([]);
    expect(await writesOf(dealId)).toBe(1);
  });

  it('tells what a flow made of a creation: of the rep’s fields it is noted, of ours it stays open, none is written again', async () => {
    await setFlows([
      {
        name: 'House rules',
        object: 'Opportunity',
        on: ['create'],
        set: { Amount: 4999, Tributary_Partner_Tier__c: 'by the flow' },
      },
    ]);
    const { dealId } = await system.mirrored(ref());
    await settle();
    expect(await differences(dealId)).toEqual([
      {
        field: 'Tributary_Partner_Tier__c',
        kind: 'changed-by-crm',
        sent: null,
        found: 'by the flow',
        action: 'reported',
        state: 'open',
      },
      {
        field: 'Amount',
        kind: 'changed-by-crm',
        sent: '5000.00',
        found: 4999,
        action: 'reported',
        state: 'noted',
      },
    ]);
    expect(await writesOf(dealId)).toBe(1);
  });

  it('does not go to war with a flow that undoes our field at every write', async () => {
    const { dealId, crmId } = await system.mirrored(ref());
    await setFlows([{ name: 'Wipe', object: 'Opportunity', set: { Tributary_Registration_URL__c: null } }]);
    await system.repEdits(crmId, { Description: 'anything' });
    await settle();
    // Put right once, and wiped again by the same flow: from then on it is only told.
    expect(await writesOf(dealId)).toBe(2);
    expect(await differences(dealId)).toEqual([
      expect.objectContaining({
        field: 'Tributary_Registration_URL__c',
        kind: 'changed-by-crm',
        found: null,
        state: 'open',
      }),
    ]);
    await system.repEdits(crmId, { Description: 'something else' });
    await settle();
    expect(await writesOf(dealId)).toBe(2);
  });

  it('costs one read and one history query for a whole burst of writes', async () => {
    const deals = await Promise.all(Array.from({ length: 30 }, () => system.register(ref())));
    await system.approve(...deals);
    for (let round = 0; round < 4; round += 1) await system.push();
    await system.org.forget();
    await system.readBack();
    const calls = await system.org.calls();
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBe(2);
    const unread = await system.test.db.query(
      'SELECT deal_id FROM field_memory WHERE deal_id = ANY($1::uuid[]) AND cardinality(unread) > 0',
      [deals],
    );
    expect(unread).toEqual([]);
  });
});

describe('a field of ours that a rep changes', () => {
  it('is put right three times and told; then it is only told', async () => {
    const { dealId, crmId } = await system.mirrored(ref());
    const { Tributary_Partner__c: partner } = await system.opportunity(crmId);
    await system.repEdits(crmId, { Tributary_Partner__c: null });
    await settle();
    expect(await system.opportunity(crmId)).toMatchObject({ Tributary_Partner__c: partner });
    expect(await differences(dealId)).toEqual([
      {
        field: 'Tributary_Partner__c',
        kind: 'drifted',
        sent: partner,
        found: null,
        action: 'restored',
        state: 'settled',
      },
    ]);
    for (let time = 2; time <= 3; time++) {
      await system.repEdits(crmId, { Tributary_Partner__c: null });
      await settle();
      expect(await system.opportunity(crmId)).toMatchObject({ Tributary_Partner__c: partner });
    }
    await system.repEdits(crmId, { Tributary_Partner__c: null });
    await settle();
    expect(await system.opportunity(crmId)).toMatchObject({ Tributary_Partner__c: null });
    expect((await differences(dealId))[0]).toMatchObject({
      kind: 'drifted',
      action: 'reported',
      state: 'open',
    });
    expect(await writesOf(dealId)).toBe(4);
  });

  it('is put right also where the answer about the links was lost when it was created', async () => {
    const known = ref();
    await system.mirrored(known);
    // Customer and contact are there already: the contact's role is the only thing that is made with POST.
    const dealId = await system.register(ref(), customerOf(known));
    await system.approve(dealId);
    await system.org.fault({
      match: { method: 'POST' },
      when: { times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    await system.push();
    await system.org.calm();
    expect(await errorOf(dealId)).toMatchObject({ stage: 'link', kind: 'ambiguous' });
    await makeDue(dealId);
    await settle();
    await expectPutRight(dealId);
  });

  it('is put right also where the worker was killed between creating and recording it', async () => {
    const dealId = await system.register(ref());
    await system.approve(dealId);
    const { mirrorOutputs } = system.context;
    const killed = (): Promise<void> => Promise.reject(new Error('killed'));
    Object.assign(system.context, { mirrorOutputs: { ...mirrorOutputs, fieldsWritten: killed } });
    await expect(system.push()).rejects.toThrow('killed');
    Object.assign(system.context, { mirrorOutputs });
    await makeDue(dealId);
    await settle();
    await expectPutRight(dealId);
  });

  it('is only told where the mapping says so', async () => {
    await system.remap((text) =>
      text.replace(
        'Tributary_Partner__c, from: partner.name,',
        'Tributary_Partner__c, drift: report, from: partner.name,',
      ),
    );
    try {
      const { dealId, crmId } = await system.mirrored(ref());
      await system.repEdits(crmId, { Tributary_Partner__c: 'Somebody else' });
      await settle();
      expect(await system.opportunity(crmId)).toMatchObject({ Tributary_Partner__c: 'Somebody else' });
      expect(await differences(dealId)).toEqual([
        expect.objectContaining({ action: 'reported', state: 'open' }),
      ]);
    } finally {
      await system.remap((text) => text);
    }
  });
});

describe('a record that is read while it is written', () => {
  it('is not taken for what became of the write', async () => {
    const { dealId, crmId } = await system.mirrored(ref());
    await system.repEdits(crmId, { Tributary_Partner__c: null });
    await system.readBack();
    // The next read has its answer before the field is put right, and hands it over after that was recorded.
    await system.repEdits(crmId, { Description: 'anything' });
    const { connector } = system.wired;
    const read = connector.readDeals.bind(connector);
    connector.readDeals = async (...asked) => {
      connector.readDeals = read;
      const before = await read(...asked);
      await system.push();
      return before;
    };
    await system.readBack();
    expect(await writesOf(dealId)).toBe(2);
    expect(await differences(dealId)).toEqual([
      expect.objectContaining({ kind: 'drifted', action: 'restored', state: 'open' }),
    ]);
    await settle();
    expect(await differences(dealId)).toEqual([
      expect.objectContaining({ kind: 'drifted', action: 'restored', state: 'settled' }),
    ]);
  });
});

describe('an edit of a flow under our own name', () => {
  it('to our own fields is noticed by its value, and our own write does not loop', async () => {
    const { dealId, crmId } = await system.mirrored(ref());
    await setFlows([
      { name: 'Shout', object: 'Opportunity', set: { Tributary_Partner__c: 'SHOUTED' }, on: ['update'] },
    ]);
    await system.register(`r${made}`, { name: 'Another name' });
    await system.push();
    // What the change event says: our name, our fields, nothing else.
    const hint = {
      crmId,
      change: 'updated' as const,
      fields: ['Tributary_Version__c', 'Tributary_Partner__c'],
      ours: true,
      committedAt: new Date(),
    };
    const echo = { ownFields: system.wired.ownFields };
    await raiseHints(system.test.db, system.connectionId, 'stream', [hint], echo, system.clock.now());
    await settle();
    expect(await differences(dealId)).toEqual([
      expect.objectContaining({ field: 'Tributary_Partner__c', found: 'SHOUTED', state: 'open' }),
    ]);
    expect(await writesOf(dealId)).toBe(2);
  });
});

describe('a record that is restored before anybody read that it was deleted', () => {
  it('is written again, though a write had met it deleted', async () => {
    const known = ref();
    const { dealId, crmId } = await system.mirrored(known);
    await system.org.play('delete', crmId, { object: 'Opportunity' });
    await system.test.db.query(
      `UPDATE mirrors SET state = 'due', due_at = $2, mirrored_hash = NULL WHERE deal_id = $1`,
      [dealId, system.clock.now()],
    );
    await system.push();
    expect(await stateOf(dealId)).toBe('tombstone');
    await system.org.play('undelete', crmId, { object: 'Opportunity' });
    await settle();
    expect(await stateOf(dealId)).toBe('mirrored');
  });
});

async function stateOf(dealId: string): Promise<string | undefined> {
  const rows = await system.test.db.query<{ state: string }>('SELECT state FROM mirrors WHERE deal_id = $1', [
    dealId,
  ]);
  return rows[0]?.state;
}
