import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FieldNames, Held } from '../engine/engine-crm.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

const plan = `${goldTenPercent}influenced: { share: 40 }
`;

describe.each(vendors)('on $vendor', ({ open, vendor }) => {
  let engine: Engine;
  let F: FieldNames;
  let D: string;
  let A: string;
  beforeAll(async () => {
    engine = await openEngine(open);
    ({ fields: F } = engine.crm);
    ({ deal: D, account: A } = engine.crm.objects);
    // A row of the deal's own that always follows the partner, as a customer's mapping may have it.
    await engine.remap((text) =>
      text.replace('write:\n', `write:\n    - { to: ${F.note}, from: deal.name }\n`),
    );
    await engine.publish(plan);
  }, 60_000);
  afterAll(() => engine?.close());

  let made = 0;
  function register(change: Record<string, unknown> = {}): Promise<string> {
    return engine.register(`a${(made += 1)}`, { amount: '1000.00', ...change });
  }

  /** Several rounds: deals linger, and another may be before them. */
  async function push(): Promise<void> {
    for (let round = 0; round < 3; round++) await engine.push();
  }

  const deal = (id: string): Promise<Held> => engine.deal(id);

  async function reps(more: object = {}): Promise<string> {
    const { crm } = engine;
    const [account = ''] = await crm.seed(A, { [crm.account.name]: `Customer ${(made += 1)}` });
    return crm.seedDeal(account, {
      [F.name]: 'Acme renewal of the rep',
      [F.closeDate]: crm.day('2027-01-31'),
      [F.amount]: crm.number('5000.00'),
      [F.currency]: 'USD',
      ...more,
    });
  }

  function attach(dealId: string, crmId: string, approve = false): Promise<{ crmId: string }> {
    return engine.attachments.attach({
      dealId,
      connectionId: engine.connectionId,
      crmId,
      by: 'Kim',
      approve,
    });
  }

  describe('a registration attached to an opportunity of a rep', () => {
    it('writes registration, partner and protection fields, and nothing of the rep', async () => {
      const id = await reps();
      const before = await deal(id);
      const dealId = await register();
      // Copied out of an old page: without the three letters at the end.
      expect(await attach(dealId, vendor === 'salesforce' ? id.slice(0, 15) : ` ${id} `, true)).toEqual({
        crmId: id,
      });
      const accounts = (await engine.crm.records(A)).length;
      await push();
      const after = await deal(id);
      expect(after).toMatchObject({
        [F.key]: dealId,
        [F.partner]: 'Partner north',
        [F.sourced]: engine.crm.yes(false),
        [F.influence]: 'influenced',
        [F.registrationUrl]: `https://tributary.example.com/deals/${dealId}`,
      });
      expect(await engine.crm.partnerOf(id)).toBe(engine.partnerAccount);
      const changed = Object.keys(after).filter(
        (name) => name !== 'associations' && after[name] !== before[name],
      );
      expect(changed.filter((name) => !/^(Tributary_|SystemModstamp|.*LastModified)/i.test(name))).toEqual(
        [],
      );
      expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
      // No account, no contact, no contact role, no second opportunity was made for it.
      expect((await engine.crm.records(A)).length).toBe(accounts);
      expect(await engine.crm.records(engine.crm.objects.contact)).toEqual([]);
      expect(await engine.crm.contactsOf(id)).toEqual([]);
      expect((await engine.crm.records(D)).length).toBe(1);
    });

    it('earns what the plan says of influenced deals when the rep wins it', async () => {
      const id = await reps();
      const dealId = await register();
      await attach(dealId, id, true);
      await push();
      await engine.observe();
      await engine.crm.win(id);
      await engine.observe();
      // 10 % of 5,000.00, of which 40 % because it was influenced.
      expect(await engine.ledger(dealId)).toEqual({ sum: 20_000n, entries: 1 });
      const [entry] = await engine.db.query<{ explanation: string }>(
        'SELECT explanation FROM commission_entries WHERE deal_id = $1',
        [dealId],
      );
      expect(entry?.explanation).toContain('0.4 x 500.00 USD = 200.00 USD; influenced');
    });

    it('keeps an edit of the partner to those fields, too', async () => {
      const id = await reps();
      const dealId = await engine.register('edited');
      await attach(dealId, id, true);
      await push();
      await engine.register('edited', {
        amount: '77.00',
        company: { name: 'Other Ltd', domain: 'other.com', country: 'DE' },
      });
      await push();
      expect(await deal(id)).toMatchObject({
        [F.name]: 'Acme renewal of the rep',
        [F.amount]: engine.crm.number('5000.00'),
        [F.version]: engine.crm.number('3'),
      });
      expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
    });

    it('is refused where the opportunity is closed, gone, or carries another registration', async () => {
      const first = await register();
      const id = await reps();
      await attach(first, id, true);
      const second = await register();
      await expect(attach(second, id, true)).rejects.toThrow(`already belongs to the deal ${first}`);
      await push();
      await expect(attach(second, id, true)).rejects.toThrow(`already carries the registration ${first}`);
      await expect(attach(second, await reps({ [F.stage]: engine.crm.stages.won }), true)).rejects.toThrow(
        'is closed',
      );
      await expect(attach(second, engine.crm.unknownId, true)).rejects.toThrow('does not exist');
      await expect(attach(second, await reps())).rejects.toThrow('Approve it first');
      // A refusal approves nothing.
      const [deal] = await engine.db.query('SELECT status FROM deals WHERE id = $1', [second]);
      expect(deal).toEqual({ status: 'submitted' });
    });

    it('leaves alone an opportunity that got the key of another registration after it was attached', async () => {
      const id = await reps();
      const dealId = await register();
      await attach(dealId, id, true);
      const foreign = '0197f3b2-5a1c-7c3e-9d2e-0123456789ab';
      await engine.crm.edit(D, id, { [F.key]: foreign });
      await push();
      expect(await deal(id)).toMatchObject({
        [F.key]: foreign,
        [F.partner]: null,
      });
      expect(await engine.mirror(dealId)).toMatchObject({
        state: 'parked',
        last_error: { plain: `the record ${id} carries another registration, ${foreign}` },
      });
    });

    it('is refused for a deal that has an opportunity of its own', async () => {
      const dealId = await register();
      await engine.approve(dealId);
      await push();
      const own = (await engine.mirror(dealId)).crm_id ?? '';
      await expect(attach(dealId, await reps())).rejects.toThrow(`already ${D} ${own}`);
    });
  });

  describe('a registration that is taken off again', () => {
    it('gives the fields back, ends its win, and becomes an opportunity of its own', async () => {
      const id = await reps({ [F.partner]: 'typed by the rep' });
      const dealId = await register();
      await attach(dealId, id, true);
      await push();
      await engine.crm.win(id);
      await engine.observe();
      expect((await engine.ledger(dealId)).sum).toBe(20_000n);

      await engine.attachments.detach({ dealId, connectionId: engine.connectionId, by: 'Kim' });
      expect(await deal(id)).toMatchObject({
        [F.stage]: engine.crm.stages.won,
        [F.key]: null,
        [F.partner]: 'typed by the rep',
        [F.influence]: null,
        [F.version]: null,
      });
      await engine.observe();
      expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 2 });
      await push();
      const own = await engine.mirror(dealId);
      expect(own).toMatchObject({ state: 'mirrored' });
      expect(own.crm_id).not.toBe(id);
      expect(await deal(own.crm_id ?? '')).toMatchObject({ [F.sourced]: engine.crm.yes(true) });
      await expect(
        engine.attachments.detach({ dealId, connectionId: engine.connectionId, by: 'Kim' }),
      ).rejects.toThrow('not attached');
    });

    it('leaves the opportunity free for the registration it belonged to', async () => {
      const id = await reps();
      const [wrong, right] = [await register(), await register()];
      await attach(wrong, id, true);
      await push();
      await engine.attachments.detach({ dealId: wrong, connectionId: engine.connectionId, by: 'Kim' });
      await attach(right, id, true);
      await push();
      await engine.crm.win(id);
      await engine.observe();
      expect(await engine.ledger(right)).toEqual({ sum: 20_000n, entries: 1 });
      expect(await engine.ledger(wrong)).toEqual({ sum: 0n, entries: 0 });
    });
  });

  describe('an attached opportunity that was deleted', () => {
    it('is made by nobody, not even by a redrive, and revives when it is restored', async () => {
      const id = await reps();
      const dealId = await register();
      await attach(dealId, id, true);
      await push();
      await engine.crm.remove(D, id);
      await engine.observe();
      expect(await engine.mirror(dealId)).toMatchObject({ state: 'tombstone' });
      const { recreateTombstone } = await import('../../src/mirror/redrive.ts');
      expect(await recreateTombstone(engine.db, engine.connectionId, dealId, engine.clock.now())).toBe(false);
      const count = (await engine.crm.records(D)).length;
      await push();
      expect((await engine.crm.records(D)).length).toBe(count);
      await engine.crm.restore(D, id);
      await engine.observe();
      await push();
      expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
    });
  });
});
