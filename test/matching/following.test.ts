/** What happens to deals when the records they refer to are merged, deleted and restored in the CRM. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { matchProblems } from '../../src/mirror/match-problems.ts';
import { chooseMatchFor, listMatches } from '../../src/mirror/matches.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';

describe.each(vendors)('on $vendor', ({ open }) => {
  let here: Engine;
  let A: string;
  let C: string;
  beforeAll(async () => {
    here = await openEngine(open);
    A = here.crm.objects.account;
    C = here.crm.objects.contact;
  }, 60_000);
  afterAll(() => here?.close());

  /** The customer of a deal, as the CRM holds it. */
  async function customerOf(dealId: string): Promise<unknown> {
    return here.crm.customerOf(await here.crmIdOf(dealId));
  }

  function company(name: string, domain?: string): object {
    const { account } = here.crm;
    return { [account.name]: name, ...(domain === undefined ? {} : { [account.domain]: domain }) };
  }

  async function deal(ref: string, of = ref): Promise<string> {
    const name = { name: `${of} works`, domain: `${of}.com` };
    const contact = { firstName: 'Jo', lastName: 'Miller', email: `jo@${of}.com` };
    const dealId = await here.register(ref, { company: name, contact });
    await here.approve(dealId);
    await here.push();
    return dealId;
  }

  async function reference(kind: string, key: string) {
    const rows = await here.db.query<{ state: string; crm_id: string | null; gone_crm_id: string | null }>(
      'SELECT state, crm_id, gone_crm_id FROM crm_references WHERE kind = $1 AND key = $2',
      [kind, key],
    );
    if (!rows[0]) throw new Error(`no ${kind} ${key}`);
    return rows[0];
  }

  async function mirror(dealId: string) {
    const rows = await here.db.query<{ state: string; last_error: { plain: string } | null }>(
      'SELECT state, last_error FROM mirrors WHERE deal_id = $1',
      [dealId],
    );
    return rows[0];
  }

  /** A day later everything is looked at again. */
  async function nextDay(): Promise<void> {
    here.clock.advance(25 * 3_600_000);
    await here.push();
    await here.push();
  }

  async function accountCount(): Promise<number> {
    return (await here.crm.records(A)).length;
  }

  describe('an account that deals refer to', () => {
    it('merged into another is the other from then on, over several merges; nothing is doubled', async () => {
      const first = await deal('merging');
      const loser = (await reference('account', 'domain:merging.com')).crm_id;
      const [into = '', third = ''] = await here.crm.seed(A, company('Master'), company('Last Master'));
      const master = await here.crm.merge(A, String(loser), into);
      const last = await here.crm.merge(A, master, third);
      const accounts = await accountCount();
      await nextDay();
      expect(await reference('account', 'domain:merging.com')).toMatchObject({
        state: 'resolved',
        crm_id: last,
      });
      expect(await mirror(first)).toMatchObject({ state: 'mirrored' });
      const second = await deal('merging-2', 'merging');
      expect(await customerOf(second)).toBe(last);
      expect(await accountCount()).toBe(accounts);
    });

    it('merged a moment ago heals a deal that is refused because of it, at once', async () => {
      await deal('healing');
      const loser = (await reference('account', 'domain:healing.com')).crm_id;
      const [into = ''] = await here.crm.seed(A, company('Healed'));
      const master = await here.crm.merge(A, String(loser), into);
      const dealId = await deal('healing-2', 'healing');
      await here.push();
      expect(await mirror(dealId)).toMatchObject({ state: 'mirrored' });
      expect(await customerOf(dealId)).toBe(master);
    });

    it('deleted is not made anew without a person, and is taken up again when it is restored', async () => {
      await deal('deleting');
      const id = (await reference('account', 'domain:deleting.com')).crm_id ?? '';
      await here.crm.remove(A, id);
      const accounts = await accountCount();
      await nextDay();
      const waiting = await deal('deleting-2', 'deleting');
      const match = (await listMatches(here.db, here.connectionId, 10)).find(
        ({ kind }) => kind === 'account',
      );
      expect(match).toMatchObject({ deals: 1, problem: { kind: matchProblems.deleted } });
      expect(await accountCount()).toBe(accounts);

      await here.crm.restore(A, id);
      await nextDay();
      expect(await reference('account', 'domain:deleting.com')).toMatchObject({
        state: 'resolved',
        crm_id: id,
        gone_crm_id: null,
      });
      await here.push();
      expect(await mirror(waiting)).toMatchObject({ state: 'mirrored' });
      expect(await customerOf(waiting)).toBe(id);
    });

    it('deleted is made anew when a person says so', async () => {
      await deal('recreating');
      const id = (await reference('account', 'domain:recreating.com')).crm_id ?? '';
      await here.crm.remove(A, id);
      await nextDay();
      const key = 'domain:recreating.com';
      const chosen = {
        connectionId: here.connectionId,
        kind: 'account' as const,
        key,
        crmId: null,
        by: 'Ada',
      };
      await chooseMatchFor(here.db, chosen, here.clock.now());
      await here.push();
      const anew = await reference('account', key);
      expect(anew).toMatchObject({ state: 'resolved', gone_crm_id: null });
      expect(anew.crm_id).not.toBe(id);
    });

    it('deleted is replaced by another one that matches clearly', async () => {
      await deal('replacing');
      const id = (await reference('account', 'domain:replacing.com')).crm_id ?? '';
      const [other] = await here.crm.seed(A, company('Another', 'replacing.com'));
      await here.crm.remove(A, id);
      await nextDay();
      expect(await reference('account', 'domain:replacing.com')).toMatchObject({
        state: 'resolved',
        crm_id: other,
      });
    });
  });

  describe('other records that deals refer to', () => {
    it('a contact that was merged is the other one; one that was deleted waits for a person', async () => {
      await deal('contacts');
      const key = 'jo@contacts.com';
      const loser = (await reference('contact', key)).crm_id;
      const [into = ''] = await here.crm.seed(C, here.crm.person('Master'));
      const master = await here.crm.merge(C, String(loser), into);
      await nextDay();
      expect(await reference('contact', key)).toMatchObject({ state: 'resolved', crm_id: master });
      await here.crm.remove(C, master);
      const contacts = (await here.crm.records(C)).length;
      await nextDay();
      expect(await reference('contact', key)).toMatchObject({ state: 'parked', gone_crm_id: master });
      expect(await here.crm.records(C)).toHaveLength(contacts);
    });

    it("a partner's account that was merged is followed; one that was deleted is a card, closed when it is back", async () => {
      const dealId = await deal('partners');
      const link = async () =>
        (await here.db.query<{ crm_id: string }>('SELECT crm_id FROM partner_links'))[0]?.crm_id;
      const [into = ''] = await here.crm.seed(A, company('Partner Master'));
      const master = await here.crm.merge(A, String(await link()), into);
      await nextDay();
      expect(await link()).toBe(master);
      expect(await here.crm.partnerOf(await here.crmIdOf(dealId))).toBe(master);
      const cards = async () => (await listCards(here.db, { kind: 'partner-account-gone' })).length;
      await here.crm.remove(A, master);
      await nextDay();
      expect(await cards()).toBe(1);
      const refused = await deal('refused');
      await here.push();
      await here.push();
      // Healed once, and no more: it waits for a person.
      await here.crm.forget();
      await here.push();
      expect([await mirror(refused), await here.crm.calls()]).toMatchObject([{ state: 'parked' }, 0]);
      await here.crm.restore(A, master);
      await nextDay();
      expect(await cards()).toBe(0);
    });

    it('are looked at in few calls, however many they are', async () => {
      const [account = ''] = await here.crm.seed(A, company('Shared by many'));
      await here.db.query(
        `INSERT INTO crm_references (connection_id, kind, key, facts, crm_id, candidates, state, attempts, check_at, updated_at)
       SELECT $1, 'account', 'many:' || n, '{}', $2, '[]', 'resolved', 0, $3, $3 FROM generate_series(1, 500) n`,
        [here.connectionId, account, here.clock.now()],
      );
      await here.crm.forget();
      await here.push();
      expect(await here.crm.calls()).toBeLessThanOrEqual(3);
    });
  });
});
