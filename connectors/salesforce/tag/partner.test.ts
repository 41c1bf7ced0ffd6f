import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LinkWanted } from '../../../src/crm/connector.ts';
import type { DealTags } from '../../../src/crm/tags.ts';
import { openOrg, opportunity, within, type TestOrg } from '../../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg({ schema: { enable: ['AccountTeamMember'] } });
  await org.connector.stages(within());
});
afterAll(() => org.close());
afterEach(() => org.calm());

interface Parties {
  dealId: string;
  accountId: string;
  north: string;
  south: string;
}

async function parties(): Promise<Parties> {
  const [accountId = '', north = '', south = ''] = await org.seed(
    'Account',
    { Name: 'Acme' },
    { Name: 'North Partners' },
    { Name: 'South Partners' },
  );
  const [dealId = ''] = await org.seed('Opportunity', opportunity({ AccountId: accountId }));
  return { dealId, accountId, north, south };
}

function wanted(
  { dealId, accountId }: Parties,
  partner: string | null,
  how: { ours?: string[]; role?: string; fresh?: boolean } = {},
): LinkWanted {
  const { ours = partner === null ? [] : [partner], role = 'VAR/Reseller', fresh = false } = how;
  const tags: DealTags = { ours: { partner: ours, 'deal-team': [] } };
  if (partner !== null) tags.partner = { accountId: partner, role, primary: true };
  return { key: dealId, dealId, accountId, fresh, tags };
}

async function partnersOf(dealId: string): Promise<[unknown, unknown, unknown][]> {
  const rows = await org.records('OpportunityPartner');
  return rows
    .filter((row) => row['OpportunityId'] === dealId)
    .map((row) => [row['AccountToId'], row['Role'], row['IsPrimary']]);
}

/** A partner that a rep adds in Salesforce's own pages. */
async function repAdds(dealId: string, accountId: string, primary: boolean): Promise<void> {
  await org.admin('POST', '/play', {
    action: 'create',
    object: 'Partner',
    fields: { OpportunityId: dealId, AccountToId: accountId, Role: 'Consultant', IsPrimary: primary },
  });
}

const linked = (dealId: string) => [expect.objectContaining({ key: dealId, status: 'linked' })];

describe('the partner of a deal', () => {
  it('becomes its primary partner, with the reverse row Salesforce adds, in one call', async () => {
    const one = await parties();
    await org.forget();
    expect(await org.connector.link([wanted(one, one.north, { fresh: true })], within())).toEqual(
      linked(one.dealId),
    );
    expect(await partnersOf(one.dealId)).toEqual([[one.north, 'VAR/Reseller', true]]);
    const reverse = (await org.records('Partner')).filter((row) => row['AccountToId'] === one.accountId);
    expect(reverse).toHaveLength(1);
    expect(await org.calls()).toEqual({ 'POST /composite/sobjects': 1 });
  });

  it('is written once, however often it is wanted', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await org.forget();
    await org.connector.link([wanted(one, one.north)], within());
    expect(await partnersOf(one.dealId)).toHaveLength(1);
    expect(await org.calls()).toEqual({ 'GET /query': 1 });
  });

  it('gives way to another one: ours goes, the new one is primary', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await org.connector.link([wanted(one, one.south, { ours: [one.north, one.south] })], within());
    expect(await partnersOf(one.dealId)).toEqual([[one.south, 'VAR/Reseller', true]]);
  });

  it('leaves the partners a rep added, and a primary one of theirs', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await repAdds(one.dealId, one.accountId, false);
    const [chosen = ''] = await org.seed('Account', { Name: 'Chosen by a rep' });
    await repAdds(one.dealId, chosen, true);
    await org.connector.link([wanted(one, one.south, { ours: [one.north, one.south] })], within());
    const rows = await partnersOf(one.dealId);
    expect(rows).toContainEqual([one.accountId, 'Consultant', false]);
    expect(rows).toContainEqual([chosen, 'Consultant', true]);
    expect(rows).toContainEqual([one.south, 'VAR/Reseller', false]);
    expect(rows).toHaveLength(3);
  });

  it('is not deleted when it was a rep who added our partner', async () => {
    const one = await parties();
    await repAdds(one.dealId, one.north, true);
    await org.connector.link([wanted(one, one.north)], within());
    await org.connector.link([wanted(one, one.south, { ours: [one.north, one.south] })], within());
    expect(await partnersOf(one.dealId)).toContainEqual([one.north, 'Consultant', true]);
  });

  it('does not touch a row our own user made for something else', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await org.connector.link([wanted(one, one.south, { ours: [one.south] })], within());
    expect(await partnersOf(one.dealId)).toHaveLength(2);
  });

  it('changes its role by a new row, because rows cannot be changed', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await org.connector.link([wanted(one, one.north, { role: 'Distributor' })], within());
    expect(await partnersOf(one.dealId)).toEqual([[one.north, 'Distributor', true]]);
  });

  it('goes when the mapping no longer asks for it', async () => {
    const one = await parties();
    await org.connector.link([wanted(one, one.north)], within());
    await org.connector.link([wanted(one, null, { ours: [one.north] })], within());
    expect(await partnersOf(one.dealId)).toEqual([]);
  });

  it('is looked for before it is written again after an answer got lost', async () => {
    const one = await parties();
    await org.fault({
      match: { method: 'POST', path: '/composite/sobjects' },
      when: { times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    await expect(
      org.connector.link([wanted(one, one.north, { fresh: true })], within()),
    ).rejects.toMatchObject({
      kind: 'ambiguous',
    });
    await org.connector.link([wanted(one, one.north)], within());
    expect(await partnersOf(one.dealId)).toHaveLength(1);
  });

  it('costs three calls for two hundred deals that change it, and one bad partner fails its deal only', async () => {
    const { accountId, north, south } = await parties();
    const dealIds = await org.seed(
      'Opportunity',
      ...Array.from({ length: 200 }, () => opportunity({ AccountId: accountId })),
    );
    const all = dealIds.map((dealId): Parties => ({ dealId, accountId, north, south }));
    await org.connector.link(
      all.map((one) => wanted(one, north, { fresh: true })),
      within(),
    );
    await org.forget();
    const outcomes = await org.connector.link(
      all.map((one, index) =>
        wanted(one, index === 7 ? '001000000000000AAA' : south, { ours: [north, south] }),
      ),
      within(),
    );
    expect(outcomes.filter(({ status }) => status === 'failed').map(({ key }) => key)).toEqual([dealIds[7]]);
    const calls = await org.calls();
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3);
  });
});

describe('a channel manager', () => {
  async function member(object: string, id: string): Promise<unknown[]> {
    const parent = object === 'AccountTeamMember' ? 'AccountId' : 'OpportunityId';
    const rows = (await org.records(object)).filter((row) => row[parent] === id);
    return rows.map((row) => [row['UserId'], row['TeamMemberRole']]);
  }

  it('joins the team of the deal and of the account, once', async () => {
    const one = await parties();
    const [user] = await org.records('User');
    const userId = String(user?.['Id']);
    const link = wanted(one, null);
    const member1 = { userId, role: 'Channel Manager' };
    const tags = { ours: { partner: [], 'deal-team': [userId] }, dealTeam: member1, accountTeam: member1 };
    for (let times = 0; times < 2; times += 1) await org.connector.link([{ ...link, tags }], within());
    expect(await member('OpportunityTeamMember', one.dealId)).toEqual([[userId, 'Channel Manager']]);
    expect(await member('AccountTeamMember', one.accountId)).toEqual([[userId, 'Channel Manager']]);
  });

  it('leaves the team of the deal with the partner, and stays in the team of the account', async () => {
    const one = await parties();
    const [user] = await org.records('User');
    const userId = String(user?.['Id']);
    const role = { userId, role: 'Channel Manager' };
    const ours = { partner: [], 'deal-team': [userId] };
    const link = wanted(one, null);
    await org.connector.link([{ ...link, tags: { ours, dealTeam: role, accountTeam: role } }], within());
    await org.connector.link([{ ...link, tags: { ours } }], within());
    expect(await member('OpportunityTeamMember', one.dealId)).toEqual([]);
    expect(await member('AccountTeamMember', one.accountId)).toHaveLength(1);
  });
});

describe('the campaign of a deal', () => {
  it('gets the contact as a member, once', async () => {
    const one = await parties();
    const [campaignId = ''] = await org.seed('Campaign', { Name: 'Partner Referrals' });
    const [contactId = ''] = await org.seed('Contact', { LastName: 'Buyer', AccountId: one.accountId });
    const tags = { ours: { partner: [], 'deal-team': [] }, campaignMember: { campaignId } };
    const link: LinkWanted = { ...wanted(one, null), contactId, tags };
    const other = { ...link, key: 'another deal of the same contact' };
    expect((await org.connector.link([link, other], within())).map(({ status }) => status)).toEqual([
      'linked',
      'linked',
    ]);
    await org.connector.link([link], within());
    const members = (await org.records('CampaignMember')).filter((row) => row['CampaignId'] === campaignId);
    expect(members.map((row) => row['ContactId'])).toEqual([contactId]);
  });
});
