import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import { clientOf, type Client } from '../../../test/sandbox/salesforce-client.ts';

let org: OpenOrg;
let client: Client;
beforeAll(async () => {
  org = await openOrg();
  client = clientOf(org);
});
afterAll(() => org.close());
const OFF = {
  validationRules: [],
  duplicateRules: [],
  closedOpportunities: 'editable',
  orgWideDefaults: {},
  lockHoldMs: 0,
  duplicateResultKey: 'duplicateResult',
  accessErrorStatus: 403,
};
afterEach(() => org.admin('PATCH', '/settings', OFF));

const set = (settings: object) => org.admin('PATCH', '/settings', settings);

describe('a validation rule', () => {
  it('refuses what it describes, with its message and field', async () => {
    const rule = {
      name: 'Needs_amount',
      object: 'Opportunity',
      when: [
        { field: 'StageName', op: 'in', value: ['Closed Won'] },
        { field: 'Amount', op: 'blank' },
      ],
      message: 'A won deal needs an amount.',
      field: 'Amount',
    };
    await set({ validationRules: [rule] });
    const id = await client.addDeal('valid');
    expect(await client.change('Opportunity', id, { StageName: 'Closed Won' })).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
          message: 'A won deal needs an amount.',
          fields: ['Amount'],
        },
      ],
    });
    expect((await client.change('Opportunity', id, { StageName: 'Closed Won', Amount: 1 })).status).toBe(204);
    const byParent = { ...rule, when: [{ field: 'Account.Rating', op: 'equals', value: 'Cold' }] };
    await set({ validationRules: [byParent] });
    const account = await client.add('Account', { Name: 'Cold one', Rating: 'Cold' });
    expect((await client.change('Opportunity', id, { AccountId: account })).status).toBe(400);
    await set({ validationRules: [{ ...byParent, active: false }] });
    expect((await client.change('Opportunity', id, { AccountId: account })).status).toBe(204);
  });
});

describe('a duplicate rule', () => {
  const rule = {
    name: 'Account_Rule',
    object: 'Account',
    fields: [
      { field: 'Name', how: 'name' },
      { field: 'Website', how: 'website' },
    ],
  };
  const twin = { Name: 'ACME  Corp', Website: 'acme.example/about' };

  it('finds a record by normalised name and website, and lets the header overrule it', async () => {
    const id = await client.add('Account', { Name: 'Acme, Inc.', Website: 'https://www.acme.example' });
    await set({ duplicateRules: [rule] });
    const refused = await client.create('Account', twin);
    expect(refused).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'DUPLICATES_DETECTED',
          message: 'Use one of these records?',
          duplicateResult: {
            allowSave: true,
            duplicateRule: 'Account_Rule',
            duplicateRuleEntityType: 'Account',
            matchResults: [
              {
                entityType: 'Account',
                size: 1,
                success: true,
                matchRecords: [{ matchConfidence: 100, record: { Id: id, attributes: { type: 'Account' } } }],
              },
            ],
          },
        },
      ],
    });
    await set({ duplicateResultKey: 'duplicateResut' });
    expect(((await client.create('Account', twin)).body as object[])[0]).toHaveProperty('duplicateResut');
    const details = { 'sforce-duplicate-rule-header': 'includeRecordDetails=true' };
    expect(JSON.stringify((await client.create('Account', twin, details)).body)).toContain('Acme, Inc.');
    const allowed = { 'sforce-duplicate-rule-header': 'allowSave=true' };
    expect((await client.create('Account', twin, allowed)).status).toBe(201);
    expect((await client.create('Account', { ...twin, Website: 'other.example' })).status).toBe(201);
    expect((await client.create('Account', { Name: 'Acme' })).status).toBe(201);
  });

  it('speaks in collections and upserts, sees the records of the same request, and can block', async () => {
    await set({ duplicateRules: [{ ...rule, action: 'block', fields: [{ field: 'Phone', how: 'phone' }] }] });
    const record = (Name: string, Phone: string) => ({ attributes: { type: 'Account' }, Name, Phone });
    const numbers = ['+1 (415) 555-0100', '415 555 0100', '4155550199'];
    const items = await client.many(
      'POST',
      numbers.map((number, n) => record(`Phone ${n}`, number)),
      {
        headers: { 'sforce-duplicate-rule-header': 'allowSave=true' },
      },
    );
    expect(items.map((item) => item.success)).toEqual([true, false, true]);
    expect(items[1]?.errors[0]).toMatchObject({
      statusCode: 'DUPLICATES_DETECTED',
      fields: [],
      duplicateResult: {
        allowSave: false,
        matchResults: [{ matchRecords: [{ record: { Id: items[0]?.id } }] }],
      },
    });
    const upserted = await client.many(
      'PATCH',
      [{ ...record('Up', '(415)5550100'), Tributary_Account_Key__c: 'up' }],
      {
        path: '/Account/Tributary_Account_Key__c',
      },
    );
    expect(upserted[0]).toMatchObject({
      success: false,
      created: true,
      errors: [{ statusCode: 'DUPLICATES_DETECTED' }],
    });
    // A record that is changed elsewhere keeps its old twin.
    expect((await client.change('Account', String(items[0]?.id), { Rating: 'Hot' })).status).toBe(204);
    expect((await client.change('Account', String(items[2]?.id), { Phone: numbers[0] })).status).toBe(400);
    await client.remove('Account', String(items[0]?.id));
    expect((await client.change('Account', String(items[2]?.id), { Phone: numbers[0] })).status).toBe(204);
  });
});

describe('an owner who has left', () => {
  it('cannot be given records, nor have them changed', async () => {
    const id = await client.addDeal('owned');
    const [rep] = await client.query("SELECT Id, Username FROM User WHERE Username LIKE 'rep.%'");
    const user = String(rep?.['Id']);
    const username = rep?.['Username'];
    expect((await client.change('Opportunity', id, { OwnerId: user })).status).toBe(204);
    await org.admin('POST', '/users', { username, active: false });
    const message = `operation performed with inactive user [${user.slice(0, 15)}] as owner of opportunity`;
    for (const fields of [{ OwnerId: user }, { NextStep: 'call' }]) {
      expect(await client.change('Opportunity', id, fields)).toMatchObject({
        status: 400,
        body: [{ errorCode: 'INACTIVE_OWNER_OR_USER', message }],
      });
    }
    await set({ inactiveOwnersBlockUpdates: false });
    expect((await client.change('Opportunity', id, { NextStep: 'call' })).status).toBe(204);
    expect((await client.create('Opportunity', deal('owned-2', { OwnerId: user }))).status).toBe(400);
    await set({ inactiveOwnersBlockUpdates: true });
    expect(await client.change('Opportunity', id, { OwnerId: 'INVALID_OWNER' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_ID' }],
    });
    await org.admin('POST', '/users', { username, active: true });
  });
});

describe('a closed opportunity', () => {
  it('is locked for API users where the org says so, and for nobody else', async () => {
    const id = await client.addDeal('closed', { StageName: 'Closed Won' });
    const change = () => client.change('Opportunity', id, { NextStep: 'x' });
    expect((await change()).status).toBe(204);
    await set({ closedOpportunities: 'validation' });
    expect((await change()).body).toMatchObject([{ errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION' }]);
    await set({ closedOpportunities: 'locked' });
    expect((await change()).body).toMatchObject([
      { errorCode: 'ENTITY_IS_LOCKED', message: 'the entity is locked for editing' },
    ]);
    expect(await org.admin('POST', '/play', { action: 'reopen', id })).toMatchObject({ ok: true });
    expect((await change()).status).toBe(204);
  });
});

describe('records of somebody else', () => {
  it('can be kept from API users by object', async () => {
    const seeded = await org.admin('POST', '/seed', { object: 'Account', records: [{ Name: 'The rep’s' }] });
    const [account = ''] = seeded['ids'] as string[];
    const own = await client.addDeal('own');
    await set({ orgWideDefaults: { Account: 'read' } });
    expect((await client.read('Account', account))['Name']).toBe('The rep’s');
    expect(await client.change('Account', account, { Rating: 'Hot' })).toMatchObject({
      status: 403,
      body: [
        { errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY', message: 'insufficient access rights on object id' },
      ],
    });
    expect((await client.remove('Account', account)).status).toBe(403);
    await set({ orgWideDefaults: { Account: 'private' }, accessErrorStatus: 400 });
    for (const refused of [
      await client.change('Account', account, { Rating: 'Hot' }),
      await client.change('Opportunity', own, { AccountId: account }),
    ]) {
      expect(refused).toMatchObject({
        status: 400,
        body: [
          {
            errorCode: 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
            message: `insufficient access rights on cross-reference id: ${account.slice(0, 15)}`,
          },
        ],
      });
    }
    expect(await client.read('Account', account)).toMatchObject([{ errorCode: 'NOT_FOUND' }]);
    expect(await client.query(`SELECT Id FROM Account WHERE Id = '${account}'`)).toEqual([]);
  });
});

describe('two requests that write children of one account at the same moment', () => {
  it('meet in UNABLE_TO_LOCK_ROW, and the later one passes when it comes again', async () => {
    const account = await client.add('Account', { Name: 'Contended' });
    const other = await client.add('Account', { Name: 'Free' });
    await set({ lockHoldMs: 300 });
    const write = (key: string, AccountId: string) => client.many('POST', [deal(key, { AccountId })]);
    const contact = { attributes: { type: 'Contact' }, LastName: 'Child', AccountId: account };
    const [first, second, third] = await Promise.all([
      write('lock-1', account),
      client.many('POST', [contact, { ...contact, AccountId: other }]),
      write('lock-3', other),
    ]);
    const failed = [first, second, third].flat().filter((item) => !item.success);
    expect(failed.length).toBeGreaterThan(0);
    for (const item of failed) {
      expect(item.errors[0]).toMatchObject({
        statusCode: 'UNABLE_TO_LOCK_ROW',
        message: expect.stringMatching(/^unable to obtain exclusive access to this record or 1 records: 001/),
      });
    }
    expect((await write('lock-4', account))[0]?.success).toBe(true);
  });
});
