import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import type { FieldNames } from '../engine/engine-crm.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';

describe.each(vendors)('on $vendor', ({ open }) => {
  let system: Engine;
  let F: FieldNames;
  beforeAll(async () => {
    system = await openEngine(open);
    F = system.crm.fields;
  }, 60_000);
  afterAll(() => system?.close());
  beforeEach(() => system.crm.automate());

  let made = 0;
  function ref(): string {
    return `r${(made += 1)}`;
  }

  async function differences(dealId: string): Promise<object[]> {
    const all = await listDifferences(system.db, { dealId, all: true, limit: 50 });
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
    const rows = await system.db.query<{ count: bigint }>(
      'SELECT count(*) FROM crm_writes WHERE deal_id = $1',
      [dealId],
    );
    return Number(rows[0]?.count);
  }

  /** As if its wait, or the lease of a worker that is no more, were over. */
  async function makeDue(dealId: string): Promise<void> {
    await system.db.query(
      `UPDATE mirrors SET due_at = $2, lease_token = NULL, leased_until = NULL WHERE deal_id = $1 AND state = 'due'`,
      [dealId, system.clock.now()],
    );
    await system.db.query('UPDATE connections SET paused_until = NULL');
  }

  function customerOf(known: string): Record<string, unknown> {
    return {
      company: { name: `Company ${known}`, domain: `company-${known}.com` },
      contact: { firstName: 'Jo', lastName: 'Miller', email: `jo@company-${known}.com`, phone: '+49 40 1' },
    };
  }

  async function errorOf(dealId: string): Promise<unknown> {
    const [row] = await system.db.query<{ last_error: unknown }>(
      'SELECT last_error FROM mirrors WHERE deal_id = $1',
      [dealId],
    );
    return row?.last_error;
  }

  async function expectPutRight(dealId: string): Promise<void> {
    const crmId = await system.crmIdOf(dealId);
    const { [F.partner]: partner } = await system.deal(crmId);
    expect(partner).toBeTruthy();
    await system.repEdits(crmId, { [F.partner]: null });
    await system.settle();
    expect(await system.deal(crmId)).toMatchObject({ [F.partner]: partner });
  }

  describe('reading our writes back', () => {
    it('finds nothing to tell where the CRM holds what was sent, in its own form', async () => {
      const { dealId } = await system.mirrored(ref());
      expect(await differences(dealId)).toEqual([]);
      expect(await writesOf(dealId)).toBe(1);
    });

    it('tells what a flow made of a creation: of the rep’s fields it is noted, of ours it stays open, none is written again', async () => {
      const set = { [F.amount]: system.crm.number('4999.00'), [F.tier]: 'by the flow' };
      await system.crm.automate({ on: 'create', set });
      const { dealId } = await system.mirrored(ref());
      await system.settle();
      expect(await differences(dealId)).toEqual([
        {
          field: F.tier,
          kind: 'changed-by-crm',
          sent: 'gold',
          found: 'by the flow',
          action: 'reported',
          state: 'open',
        },
        {
          field: F.amount,
          kind: 'changed-by-crm',
          sent: '5000.00',
          found: system.crm.number('4999.00'),
          action: 'reported',
          state: 'noted',
        },
      ]);
      expect(await writesOf(dealId)).toBe(1);
    });

    it('does not go to war with a flow that undoes our field at every write', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      await system.crm.automate({ on: 'update', set: { [F.registrationUrl]: null } });
      await system.repEdits(crmId, { [F.note]: 'anything' });
      await system.settle();
      // Put right once, and wiped again by the same flow: from then on it is only told.
      expect(await writesOf(dealId)).toBe(2);
      expect(await differences(dealId)).toEqual([
        expect.objectContaining({
          field: F.registrationUrl,
          kind: 'changed-by-crm',
          found: null,
          state: 'open',
        }),
      ]);
      await system.repEdits(crmId, { [F.note]: 'something else' });
      await system.settle();
      expect(await writesOf(dealId)).toBe(2);
    });

    it('costs one read and one history query for a whole burst of writes', async () => {
      const deals = await Promise.all(Array.from({ length: 30 }, () => system.register(ref())));
      await system.approve(...deals);
      for (let round = 0; round < 4; round += 1) await system.push();
      await system.crm.forget();
      await system.readBack();
      expect(await system.crm.calls()).toBeLessThanOrEqual(2);
      const unread = await system.db.query(
        'SELECT deal_id FROM field_memory WHERE deal_id = ANY($1::uuid[]) AND cardinality(unread) > 0',
        [deals],
      );
      expect(unread).toEqual([]);
    });
  });

  describe('a field of ours that a rep changes', () => {
    it('is put right three times and told; then it is only told', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      const { [F.partner]: partner } = await system.deal(crmId);
      await system.repEdits(crmId, { [F.partner]: null });
      await system.settle();
      expect(await system.deal(crmId)).toMatchObject({ [F.partner]: partner });
      expect(await differences(dealId)).toEqual([
        {
          field: F.partner,
          kind: 'drifted',
          sent: partner,
          found: null,
          action: 'restored',
          state: 'settled',
        },
      ]);
      for (let time = 2; time <= 3; time++) {
        await system.repEdits(crmId, { [F.partner]: null });
        await system.settle();
        expect(await system.deal(crmId)).toMatchObject({ [F.partner]: partner });
      }
      await system.repEdits(crmId, { [F.partner]: null });
      await system.settle();
      expect(await system.deal(crmId)).toMatchObject({ [F.partner]: null });
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
      await system.crm.loseAnswer('link');
      await system.push();
      await system.crm.calm();
      expect(await errorOf(dealId)).toMatchObject({ stage: 'link', kind: 'ambiguous' });
      await makeDue(dealId);
      await system.settle();
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
      await system.settle();
      await expectPutRight(dealId);
    });

    it('is only told where the mapping says so', async () => {
      await system.remap((text) =>
        text.replace(`${F.partner}, from: partner.name,`, `${F.partner}, drift: report, from: partner.name,`),
      );
      try {
        const { dealId, crmId } = await system.mirrored(ref());
        await system.repEdits(crmId, { [F.partner]: 'Somebody else' });
        await system.settle();
        expect(await system.deal(crmId)).toMatchObject({ [F.partner]: 'Somebody else' });
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
      await system.repEdits(crmId, { [F.partner]: null });
      await system.readBack();
      // The next read has its answer before the field is put right, and hands it over after that was recorded.
      await system.repEdits(crmId, { [F.note]: 'anything' });
      const { connector } = await system.wired();
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
      await system.settle();
      expect(await differences(dealId)).toEqual([
        expect.objectContaining({ kind: 'drifted', action: 'restored', state: 'settled' }),
      ]);
    });
  });

  describe('an edit of a flow under our own name', () => {
    it('to our own fields is noticed by its value, and our own write does not loop', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      await system.crm.automate({ on: 'update', set: { [F.partner]: 'SHOUTED' } });
      await system.register(`r${made}`, { name: 'Another name' });
      await system.push();
      // What the change event says: our name, our fields, nothing else.
      await system.hear(crmId, [F.version, F.partner], true);
      await system.settle();
      expect(await differences(dealId)).toEqual([
        expect.objectContaining({ field: F.partner, found: 'SHOUTED', state: 'open' }),
      ]);
      expect(await writesOf(dealId)).toBe(2);
    });
  });

  describe('a record that is restored before anybody read that it was deleted', () => {
    it('is written again, though a write had met it deleted', async () => {
      const known = ref();
      const { dealId, crmId } = await system.mirrored(known);
      await system.crm.remove(system.crm.objects.deal, crmId);
      await system.db.query(
        `UPDATE mirrors SET state = 'due', due_at = $2, mirrored_hash = NULL WHERE deal_id = $1`,
        [dealId, system.clock.now()],
      );
      await system.push();
      expect(await stateOf(dealId)).toBe('tombstone');
      await system.crm.restore(system.crm.objects.deal, crmId);
      await system.settle();
      expect(await stateOf(dealId)).toBe('mirrored');
    });
  });

  async function stateOf(dealId: string): Promise<string | undefined> {
    const rows = await system.db.query<{ state: string }>('SELECT state FROM mirrors WHERE deal_id = $1', [
      dealId,
    ]);
    return rows[0]?.state;
  }
});
