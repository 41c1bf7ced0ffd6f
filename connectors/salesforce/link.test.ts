import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LinkWanted } from '../../src/crm/connector.ts';
import { openOrg, opportunity, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
  await org.connector.stages(within());
});
afterAll(() => org.close());
afterEach(() => org.calm());

interface Parties {
  dealId: string;
  accountId: string;
  contactId: string;
  otherId: string;
}

async function parties(): Promise<Parties> {
  const [accountId = ''] = await org.seed('Account', { Name: 'Acme' });
  const contacts = [
    { LastName: 'Buyer', AccountId: accountId },
    { LastName: 'Other', AccountId: accountId },
  ];
  const [contactId = '', otherId = ''] = await org.seed('Contact', ...contacts);
  const [dealId = ''] = await org.seed('Opportunity', opportunity({ AccountId: accountId }));
  return { dealId, accountId, contactId, otherId };
}

function wanted({ dealId, accountId, contactId }: Parties, fresh: boolean): LinkWanted {
  return { key: dealId, dealId, accountId, contactId, fresh };
}

async function rolesOf(dealId: string): Promise<{ ContactId: unknown; IsPrimary: unknown; Role: unknown }[]> {
  const rows = await org.records('OpportunityContactRole');
  return rows
    .filter((row) => row['OpportunityId'] === dealId)
    .map(({ ContactId, IsPrimary, Role }) => ({ ContactId, IsPrimary, Role }));
}

describe('link', () => {
  it('makes the contact the primary one of a fresh deal, in one call', async () => {
    const one = await parties();
    await org.forget();
    expect(await org.connector.link([wanted(one, true)], within())).toEqual([
      { key: one.dealId, status: 'linked' },
    ]);
    expect(await rolesOf(one.dealId)).toEqual([{ ContactId: one.contactId, IsPrimary: true, Role: null }]);
    expect(await org.calls()).toEqual({ 'POST /composite/sobjects': 1 });
  });

  it('writes nothing when the role is there already', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, true)], within());
    await org.forget();
    await org.connector.link([wanted(one, false)], within());
    expect(await rolesOf(one.dealId)).toHaveLength(1);
    expect(await org.calls()).toEqual({ 'GET /query': 1 });
  });

  it('leaves a primary contact that someone else chose', async () => {
    const one = await parties();
    await org.seed('OpportunityContactRole', {
      OpportunityId: one.dealId,
      ContactId: one.otherId,
      IsPrimary: true,
    });
    await org.connector.link([wanted(one, false)], within());
    const roles = await rolesOf(one.dealId);
    expect(roles).toContainEqual({ ContactId: one.otherId, IsPrimary: true, Role: null });
    expect(roles).toContainEqual({ ContactId: one.contactId, IsPrimary: false, Role: null });
  });

  it('sets the role the connection asks for', async () => {
    const one = await parties();
    const connector = org.connect({ settings: { contactRole: 'Decision Maker' } });
    await connector.link([wanted(one, true)], within());
    expect(await rolesOf(one.dealId)).toEqual([
      { ContactId: one.contactId, IsPrimary: true, Role: 'Decision Maker' },
    ]);
  });

  it('has nothing to do for a deal without a contact', async () => {
    const { dealId, accountId } = await parties();
    await org.forget();
    const links = [{ key: 'a', dealId, accountId, fresh: true }];
    expect(await org.connector.link(links, within())).toEqual([{ key: 'a', status: 'linked' }]);
    expect(await org.calls()).toEqual({});
  });

  it('lets the good links through when one is refused', async () => {
    const one = await parties();
    const links = [{ ...wanted(one, true), contactId: '003000000000000AAA', key: 'bad' }, wanted(one, true)];
    const outcomes = await org.connector.link(links, within());
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'linked']);
    expect(await rolesOf(one.dealId)).toHaveLength(1);
  });

  it('gives hundreds of deals their contact in one call, and refuses only the bad one', async () => {
    const { accountId, contactId } = await parties();
    const deals = Array.from({ length: 450 }, () => opportunity({ AccountId: accountId }));
    const dealIds = await org.seed('Opportunity', ...deals);
    const links = dealIds.map((dealId, index) => ({
      key: dealId,
      dealId,
      accountId,
      contactId: index === 300 ? '003000000000000AAA' : contactId,
      fresh: true,
    }));
    await org.forget();
    const outcomes = await org.connector.link(links, within());
    expect(outcomes.map(({ key }) => key)).toEqual(dealIds);
    const failed = outcomes.filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ key: dealIds[300], error: { kind: 'invalid-record' } }]);
    expect(await org.calls()).toEqual({ 'POST /composite': 1 });
    expect(await rolesOf(dealIds[449] ?? '')).toMatchObject([{ ContactId: contactId, IsPrimary: true }]);
    await org.connector.link(
      links.map((link) => ({ ...link, fresh: false })),
      within(),
    );
    expect(await rolesOf(dealIds[0] ?? '')).toHaveLength(1);
  });

  it('is ambiguous when the answer is lost, and repeating it with a look first adds nothing', async () => {
    const one = await parties();
    const match = { endpoint: 'POST /composite/sobjects' };
    await org.fault({ match, when: { times: 1 }, fault: { kind: 'reset', at: 'after-commit' } });
    await expect(org.connector.link([wanted(one, true)], within())).rejects.toMatchObject({
      kind: 'ambiguous',
    });
    await org.connector.link([wanted(one, false)], within());
    expect(await rolesOf(one.dealId)).toHaveLength(1);
  });
});
