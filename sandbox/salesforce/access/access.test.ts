import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

const BASE = '/services/data/v62.0';
let org: OpenOrg;
let conn: Connection;
let userId: string;

beforeAll(async () => {
  org = await openOrg({ preset: 'fresh' });
  conn = await org.connect();
  userId = (await conn.identity()).user_id;
});
afterAll(() => org.close());

async function one(soql: string): Promise<Record<string, unknown>> {
  const { records } = await conn.query<Record<string, unknown>>(soql);
  return records[0] ?? {};
}

/** Gives the integration user a permission set of its own; returns how to take it away. */
async function assign(name: string, grants: Record<string, unknown>): Promise<() => Promise<void>> {
  const made = await conn.metadata.upsert('PermissionSet', {
    fullName: name,
    label: name,
    ...grants,
  } as never);
  expect(made).toMatchObject({ success: true });
  const set = await one(`SELECT Id FROM PermissionSet WHERE Name = '${name}'`);
  const given = await conn
    .sobject('PermissionSetAssignment')
    .create({ PermissionSetId: set['Id'], AssigneeId: userId });
  return async () => {
    await conn.sobject('PermissionSetAssignment').destroy(given.id ?? '');
  };
}

async function visible(object: string): Promise<Map<string, { createable: boolean; updateable: boolean }>> {
  const described = await org.raw('GET', `${BASE}/sobjects/${object}/describe`);
  const { fields } = described.body as {
    fields: { name: string; createable: boolean; updateable: boolean }[];
  };
  return new Map(fields.map((field) => [field.name, field]));
}

describe('a field made through the Metadata API', () => {
  beforeAll(async () => {
    const made = await conn.metadata.create('CustomField', [
      { fullName: 'Account.Secret__c', label: 'Secret', type: 'Text', length: 40 },
      { fullName: 'Account.Flag__c', label: 'Flag', type: 'Checkbox', defaultValue: 'true' },
      { fullName: 'Account.Needed__c', label: 'Needed', type: 'Text', length: 40, required: true },
    ] as never[]);
    expect(made.every((result) => result.success)).toBe(true);
  });

  it('is not there for anybody until it is granted, unless it is required', async () => {
    expect([...(await visible('Account')).keys()]).toContain('Needed__c');
    expect([...(await visible('Account')).keys()]).not.toContain('Secret__c');
    await expect(
      conn.sobject('Account').create({ Name: 'A', Needed__c: 'n', Secret__c: 'x' }),
    ).rejects.toThrow("No such column 'Secret__c' on sobject of type Account");
    await expect(conn.query('SELECT Secret__c FROM Account')).rejects.toThrow("No such column 'Secret__c'");
    await expect(conn.query("SELECT Id FROM Account WHERE Secret__c = 'x'")).rejects.toThrow(
      'No such column',
    );
    const items = await org.raw('POST', `${BASE}/composite/sobjects`, {
      body: { records: [{ attributes: { type: 'Account' }, Name: 'A', Needed__c: 'n', Secret__c: 'x' }] },
    });
    expect(items.body).toMatchObject([{ success: false, errors: [{ statusCode: 'INVALID_FIELD' }] }]);
  });

  it('takes its default all the same while it is hidden', async () => {
    const { id } = await conn.sobject('Account').create({ Name: 'Hidden default', Needed__c: 'n' });
    const take = await assign('Flags', {
      fieldPermissions: [{ field: 'Account.Flag__c', readable: true, editable: false }],
    });
    expect(await one(`SELECT Flag__c FROM Account WHERE Id = '${id ?? ''}'`)).toMatchObject({
      Flag__c: true,
    });
    await take();
  });

  it('can be read but not written with the right to read, and written with the right to edit', async () => {
    const { id = '' } = await conn.sobject('Account').create({ Name: 'B', Needed__c: 'n' });
    const before = await org.raw('GET', `${BASE}/sobjects/Account/describe`);
    const takeRead = await assign('Readers', {
      fieldPermissions: [{ field: 'Account.Secret__c', readable: true, editable: false }],
    });
    const since = { 'if-modified-since': before.headers.get('last-modified') ?? '' };
    expect((await org.raw('GET', `${BASE}/sobjects/Account/describe`, { headers: since })).status).toBe(200);
    expect((await visible('Account')).get('Secret__c')).toMatchObject({
      createable: false,
      updateable: false,
    });
    await expect(conn.sobject('Account').update({ Id: id, Secret__c: 'x' })).rejects.toThrow(
      'Please check the security settings of this field',
    );
    const takeEdit = await assign('Writers', {
      fieldPermissions: [{ field: 'Account.Secret__c', readable: true, editable: true }],
    });
    await conn.sobject('Account').update({ Id: id, Secret__c: 'x' });
    await takeEdit();
    expect(await one(`SELECT Secret__c FROM Account WHERE Id = '${id}'`)).toMatchObject({ Secret__c: 'x' });
    await takeRead();
    await expect(conn.query('SELECT Secret__c FROM Account')).rejects.toThrow('No such column');
  });
});

describe('grants', () => {
  const refused = async (grants: Record<string, unknown>) => {
    const result = await conn.metadata.create('PermissionSet', {
      fullName: 'Wrong',
      label: 'Wrong',
      ...grants,
    } as never);
    expect(result).toMatchObject({ success: false });
    return [result].flat()[0]?.errors[0]?.message;
  };

  it('are refused for what is not there, what is always visible, and what lacks the right it builds on', async () => {
    const grant = (field: string, rest = {}) => ({
      fieldPermissions: [{ field, readable: true, editable: true, ...rest }],
    });
    expect(await refused(grant('Account.Nothing__c'))).toBe(
      'In field: field - no CustomField named Account.Nothing__c found',
    );
    expect(await refused(grant('Account.Needed__c'))).toBe(
      'You cannot deploy to a required field: Account.Needed__c',
    );
    expect(await refused(grant('Account.Secret__c', { readable: false }))).toContain(
      'depends on permission(s): Read',
    );
    expect(
      await refused({ objectPermissions: [{ object: 'Account', allowEdit: true, allowRead: false }] }),
    ).toBe('Permission Edit Account depends on permission(s): Read Account');
    expect(await refused({ userPermissions: [{ name: 'FlyToTheMoon', enabled: true }] })).toBe(
      'Unknown user permission: FlyToTheMoon',
    );
    expect(await one("SELECT Id FROM PermissionSet WHERE Name = 'Wrong'")).toEqual({});
  });

  it('are replaced as a whole from version 40 on, and can be written as records', async () => {
    const set = (field: string) => ({
      fullName: 'Whole',
      label: 'Whole',
      fieldPermissions: [{ field, readable: true, editable: false }],
    });
    await conn.metadata.create('PermissionSet', set('Account.Secret__c') as never);
    await conn.metadata.update('PermissionSet', set('Account.Flag__c') as never);
    expect(await conn.metadata.read('PermissionSet', 'Whole')).toMatchObject({
      fieldPermissions: [{ field: 'Account.Flag__c', readable: true, editable: false }],
    });
    const parent = await one("SELECT Id FROM PermissionSet WHERE Name = 'Whole'");
    const record = {
      ParentId: parent['Id'],
      SobjectType: 'Account',
      Field: 'Account.Secret__c',
      PermissionsRead: true,
    };
    await conn.sobject('FieldPermissions').create({ ...record, PermissionsEdit: false });
    await expect(conn.sobject('FieldPermissions').create(record)).rejects.toThrow('duplicate value found');
    expect(await conn.metadata.read('PermissionSet', 'Whole')).toMatchObject({
      fieldPermissions: [{ field: 'Account.Flag__c' }, { field: 'Account.Secret__c' }],
    });
  });

  it('are given once to a user, and a set that somebody has cannot be deleted', async () => {
    const take = await assign('Once', {});
    const set = await one("SELECT Id FROM PermissionSet WHERE Name = 'Once'");
    await expect(
      conn.sobject('PermissionSetAssignment').create({ PermissionSetId: set['Id'], AssigneeId: userId }),
    ).rejects.toThrow(`Duplicate PermissionSetAssignment. Assignee: ${userId}`);
    expect(await conn.metadata.delete('PermissionSet', 'Once')).toMatchObject({ success: false });
    await take();
    expect(await conn.metadata.delete('PermissionSet', 'Once')).toMatchObject({ success: true });
  });
});

describe('a user without rights on objects', () => {
  it('does not see them, and may do only what a permission set adds', async () => {
    const limited = await openOrg();
    const api = await limited.connect();
    const { user_id: user } = await api.identity();
    const account = await api.sobject('Account').create({ Name: 'There before' });
    const profile = await api.query<{ Id: string }>(
      "SELECT Id FROM Profile WHERE Name = 'Minimum Access - API Only Integrations'",
    );
    const setId = (name: string) =>
      api.query<{ Id: string }>(`SELECT Id FROM PermissionSet WHERE Name = '${name}'`);
    await api.metadata.create('PermissionSet', {
      fullName: 'ReadAccounts',
      label: 'Read accounts',
      objectPermissions: [
        {
          object: 'Account',
          allowRead: true,
          allowCreate: false,
          allowEdit: false,
          allowDelete: false,
          viewAllRecords: false,
          modifyAllRecords: false,
        },
      ],
    } as never);
    const readAccounts = (await setId('ReadAccounts')).records[0]?.Id;
    await api.sobject('PermissionSetAssignment').create({ PermissionSetId: readAccounts, AssigneeId: user });
    await api.sobject('User').update({ Id: user, ProfileId: profile.records[0]?.Id });

    await expect(api.query('SELECT Id FROM Opportunity')).rejects.toThrow(
      "sObject type 'Opportunity' is not supported",
    );
    expect((await limited.raw('GET', `${BASE}/sobjects/Opportunity/describe`)).status).toBe(404);
    expect((await api.query('SELECT Id, Name FROM Account')).totalSize).toBe(1);
    const edit = await limited.raw('PATCH', `${BASE}/sobjects/Account/${account.id ?? ''}`, {
      body: { Name: 'X' },
    });
    expect(edit).toMatchObject({ status: 403, body: [{ errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }] });
    const create = await limited.raw('POST', `${BASE}/sobjects/Account`, { body: { Name: 'X' } });
    expect(create).toMatchObject({ status: 403, body: [{ errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }] });
    const remove = await limited.raw('DELETE', `${BASE}/sobjects/Account/${account.id ?? ''}`);
    expect(remove).toMatchObject({ status: 403, body: [{ errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }] });
    await expect(api.metadata.list({ type: 'Layout' })).rejects.toThrow('use of the Metadata API requires');
    await limited.close();
  });

  it('is refused altogether without "API Enabled"', async () => {
    const closed = await openOrg();
    const api = await closed.connect();
    const { user_id: user } = await api.identity();
    const profile = await api.query<{ Id: string }>(
      "SELECT Id FROM Profile WHERE Name = 'Minimum Access - Salesforce'",
    );
    await api.sobject('User').update({ Id: user, ProfileId: profile.records[0]?.Id });
    const answer = await closed.raw('GET', `${BASE}/sobjects`);
    expect(answer).toMatchObject({ status: 403, body: [{ errorCode: 'API_DISABLED_FOR_ORG' }] });
    await expect(api.metadata.list({ type: 'Layout' })).rejects.toThrow('API_CURRENTLY_DISABLED');
    await closed.close();
  });
});
