import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openMirroredOrg, type MirroredOrg } from '../test/fixtures/mirrored-org.ts';
import { listCards } from '../src/platform/cards/cards.ts';
import { minutesLater } from '../test/fixtures/rows.ts';
import { takeTurns } from '../src/mirror/owner-turns.ts';

let crm: MirroredOrg;
let partnerId: string;
const users: Record<string, string> = {};

beforeAll(async () => {
  crm = await openMirroredOrg('');
  partnerId = (await crm.addPartner('North')).id;
  const template = (await crm.org.records('User')).find((row) => String(row['Username']).startsWith('rep.'));
  for (const name of ['kim', 'lee', 'sam']) {
    const Username = `${name}@example.com`;
    const seeded = { ...template, Username, LastName: name, Alias: name, Email: Username, IsActive: true };
    const fields = Object.fromEntries(
      ['Username', 'LastName', 'Alias', 'Email', 'IsActive', 'ProfileId', 'TimeZoneSidKey', 'LocaleSidKey']
        .concat(['EmailEncodingKey', 'LanguageLocaleKey'])
        .map((field) => [field, (seeded as Record<string, unknown>)[field]]),
    );
    [users[Username] = ''] = await crm.org.seed('User', fields);
  }
});
afterAll(() => crm.close());

/** The user names of the owners of these deals, in order; ours is 'us'. */
async function ownersOf(dealIds: readonly string[]): Promise<string[]> {
  const owners: string[] = [];
  for (const dealId of dealIds) {
    const { OwnerId } = await crm.opportunity(dealId);
    owners.push(Object.keys(users).find((name) => users[name] === OwnerId) ?? 'us');
  }
  return owners;
}

async function mirrored(rule: string, count = 1, change: Record<string, unknown> = {}): Promise<string[]> {
  await crm.remap(`owner: ${rule}`);
  const dealIds = await crm.addDeals(partnerId, count, change);
  await crm.mirror();
  return dealIds;
}

async function setActive(username: string, isActive: boolean): Promise<void> {
  const id = users[username];
  const play = { action: 'update', object: 'User', id, fields: { IsActive: isActive } };
  await crm.org.admin('POST', '/play', play);
}

const turns = '{ rule: round-robin, users: [kim@example.com, lee@example.com, sam@example.com] }';

function times(owners: readonly string[], name: string): number {
  return owners.filter((owner) => owner === name).length;
}

describe('a new deal', () => {
  it('belongs to the integration user where no rule says otherwise', async () => {
    expect(await ownersOf(await mirrored('{ rule: integration-user }'))).toEqual(['us']);
  });

  it("belongs to the owner of the customer's account, and to the fallback while that is us", async () => {
    await crm.org.play('update', crm.accountId, {
      object: 'Account',
      fields: { OwnerId: users['kim@example.com'] },
    });
    expect(await ownersOf(await mirrored('{ rule: account-owner }'))).toEqual(['kim@example.com']);
    const us = (await crm.org.records('User')).find(
      (row) => row['Username'] === crm.org.sandbox.credentials.username,
    );
    await crm.org.play('update', crm.accountId, { object: 'Account', fields: { OwnerId: us?.['Id'] } });
    expect(await ownersOf(await mirrored('{ rule: account-owner, fallback: lee@example.com }'))).toEqual([
      'lee@example.com',
    ]);
  });

  it('belongs to whoever has its territory, by a value of ours or a field of the account', async () => {
    const byCountry =
      '{ rule: territory, by: account.country, owners: { Germany: kim@example.com }, fallback: sam@example.com }';
    expect(await ownersOf(await mirrored(byCountry, 1, { company_country: 'Germany' }))).toEqual([
      'kim@example.com',
    ]);
    expect(await ownersOf(await mirrored(byCountry, 1, { company_country: 'France' }))).toEqual([
      'sam@example.com',
    ]);
    await crm.org.play('update', crm.accountId, { object: 'Account', fields: { BillingState: 'Bavaria' } });
    const byState =
      '{ rule: territory, by: { accountField: BillingState }, owners: { bavaria: lee@example.com } }';
    expect(await ownersOf(await mirrored(byState))).toEqual(['lee@example.com']);
  });

  it('is given out in turn, one batch after the other', async () => {
    const first = await ownersOf(await mirrored(turns, 4));
    const second = await ownersOf(await mirrored(turns, 5));
    for (const name of Object.keys(users)) expect(times([...first, ...second], name)).toBe(3);
  });

  it('goes past somebody who has left, which is a card until they are back or out of the rule', async () => {
    await setActive('lee@example.com', false);
    const owners = await ownersOf(await mirrored(turns, 4));
    expect(times(owners, 'lee@example.com')).toBe(0);
    const open = { connectionId: crm.connectionId, kind: 'owner-inactive' };
    expect((await listCards(crm.test.db, open)).map(({ subject }) => subject)).toEqual(['lee@example.com']);
    await setActive('lee@example.com', true);
    await mirrored(turns);
    expect(await listCards(crm.test.db, open)).toEqual([]);
  });
});

describe('turns', () => {
  const names = ['kim', 'lee', 'sam'];
  const at = minutesLater(1);

  it('are fair when workers take them at the same time', async () => {
    const dealIds = await crm.addDeals(partnerId, 12);
    await crm.test.db.query('DELETE FROM mirrors WHERE deal_id = ANY($1::uuid[])', [dealIds]);
    const parts = [0, 3, 6, 9].map((start) => dealIds.slice(start, start + 3));
    const taken = await Promise.all(
      parts.map((part) => takeTurns(crm.test.db, crm.connectionId, part, names, at)),
    );
    const owners = taken.flatMap((some) => [...some.values()]);
    for (const name of names) expect(times(owners, name)).toBe(4);
  });

  it('are kept: a deal that is tried again keeps its owner and takes no turn', async () => {
    const [dealId = '', next = ''] = await crm.addDeals(partnerId, 2);
    await crm.test.db.query('DELETE FROM mirrors WHERE deal_id = ANY($1::uuid[])', [[dealId, next]]);
    const [first] = (await takeTurns(crm.test.db, crm.connectionId, [dealId], names, at)).values();
    const [again] = (await takeTurns(crm.test.db, crm.connectionId, [dealId], names, at)).values();
    const [other] = (await takeTurns(crm.test.db, crm.connectionId, [next], names, at)).values();
    expect(again).toBe(first);
    expect(names.indexOf(other ?? '')).toBe((names.indexOf(first ?? '') + 1) % 3);
  });
});

describe('a deal that is there', () => {
  it('is never given another owner: the people and rules of the org decide', async () => {
    const [dealId = ''] = await mirrored(turns);
    const { Id } = await crm.opportunity(dealId);
    await crm.org.play('update', String(Id), { fields: { OwnerId: users['sam@example.com'] } });
    await crm.remap('owner: { rule: round-robin, users: [kim@example.com] }');
    await crm.dueAgain([dealId]);
    await crm.mirror();
    expect(await ownersOf([dealId])).toEqual(['sam@example.com']);
  });

  it('keeps the owner that a rule of the org chose while it was created', async () => {
    const set = { OwnerId: users['lee@example.com'] };
    const flow = { name: 'Territory', object: 'Opportunity', on: ['create'], save: 'after', set };
    const settings = (flows: unknown[]) =>
      fetch(`${crm.org.sandbox.adminUrl}/settings`, { method: 'PATCH', body: JSON.stringify({ flows }) });
    await settings([flow]);
    const [dealId = ''] = await mirrored('{ rule: round-robin, users: [kim@example.com] }');
    await settings([]);
    await crm.dueAgain([dealId]);
    await crm.mirror();
    expect(await ownersOf([dealId])).toEqual(['lee@example.com']);
  });
});
