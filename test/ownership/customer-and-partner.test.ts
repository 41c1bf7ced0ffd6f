/** The accounts a deal is linked with, wherever a CRM keeps them: fields of an opportunity, associations of a HubSpot deal. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { revertRun } from '../../src/app/revert-run.ts';
import { ownershipPort } from '../../src/app/ownership-port.ts';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import { listProposals } from '../../src/ownership/list-proposals.ts';
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

  let made = 0;
  const ref = (): string => `c${(made += 1)}`;

  async function newAccount(name: string): Promise<string> {
    const { crm } = system;
    const [id = ''] = await crm.seed(crm.objects.account, { [crm.account.name]: name });
    return id;
  }

  async function differences(dealId: string): Promise<object[]> {
    return listDifferences(system.db, { dealId, all: true, limit: 50 });
  }

  /** The partner's account is another one from now on, as a person decided. */
  async function moveLink(to: string): Promise<void> {
    await system.db.query('UPDATE partner_links SET crm_id = $1', [to]);
    await system.db.query(
      `UPDATE mirrors SET state = 'due', due_at = $1, desired_version = desired_version + 1`,
      [system.clock.now()],
    );
    await system.settle();
  }

  describe("the partner's account of a deal", () => {
    it('that a rep takes away or exchanges is put right and told', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      expect(await system.crm.partnerOf(crmId)).toBe(system.partnerAccount);
      expect(await differences(dealId)).toEqual([]);
      for (const account of [null, await newAccount('Another Partner')]) {
        await system.crm.repLinks(crmId, 'partner', account);
        await system.hear(crmId, [], false);
        await system.settle();
        expect(await system.crm.partnerOf(crmId)).toBe(system.partnerAccount);
      }
      expect(await differences(dealId)).toEqual([
        expect.objectContaining({ field: F.partnerAccount, action: 'restored', state: 'settled' }),
        expect.objectContaining({ field: F.partnerAccount, action: 'restored', state: 'settled' }),
      ]);
    });

    it('changes with the partner, without leaving the former one marked, and goes back with the run', async () => {
      const { crmId } = await system.mirrored(ref());
      system.clock.advance(60_000);
      const since = system.clock.now();
      const other = await newAccount('Partner, moved');
      await moveLink(other);
      expect(await system.crm.partnerOf(crmId)).toBe(other);
      const report = await revertRun(system.app, { connectionId: system.connectionId, since }, false);
      const mine = report?.deals.find((one) => one.crmId === crmId);
      expect(mine).toMatchObject({
        outcome: 'restored',
        restore: { [F.partnerAccount]: system.partnerAccount },
      });
      expect(await system.crm.partnerOf(crmId)).toBe(system.partnerAccount);
      await moveLink(system.partnerAccount);
    });
  });

  describe('the customer of a deal', () => {
    it("is the rep's: what the rep made of it stays", async () => {
      const { crmId } = await system.mirrored(ref());
      const chosen = await newAccount('As the rep says');
      await system.crm.repLinks(crmId, 'customer', chosen);
      await system.hear(crmId, [], false);
      await system.settle();
      expect(await system.crm.customerOf(crmId)).toBe(chosen);
    });

    it('that the partner changes is proposed, and becomes the customer once a person accepts', async () => {
      const known = ref();
      const { dealId, crmId } = await system.mirrored(known);
      const before = await system.crm.customerOf(crmId);
      const hanging = await system.crm.accountsOf(crmId);
      await system.register(known, { company: { name: `New ${known}`, domain: `new-${known}.com` } });
      await system.settle();
      const [proposal] = await listProposals(system.db, { dealId, limit: 5 });
      expect(proposal).toMatchObject({ field: F.account, held: before, proposedText: `New ${known}` });
      expect(await system.crm.customerOf(crmId)).toBe(before);
      expect(await system.crm.accountsOf(crmId)).toEqual(hanging);
      const port = ownershipPort(system.app);
      expect(await port.accept(proposal?.id ?? '', 'Kim')).toMatchObject({ outcome: 'accepted' });
      expect(await system.crm.customerOf(crmId)).toBe(proposal?.proposed);
    });
  });
});
