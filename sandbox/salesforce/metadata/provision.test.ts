import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

/** What a provisioner of Tributary brings to an org. */
const FIELDS = [
  { name: 'Deal_Id', type: 'Text', length: 64, externalId: true, unique: true, caseSensitive: true },
  { name: 'Version', type: 'Number', precision: 18, scale: 0 },
  { name: 'Partner', type: 'Text', length: 255 },
  {
    name: 'Partner_Account',
    type: 'Lookup',
    referenceTo: 'Account',
    relationshipName: 'Tributary_Opportunities',
  },
  {
    name: 'Partner_Tier',
    type: 'Picklist',
    valueSet: {
      restricted: true,
      valueSetDefinition: {
        sorted: false,
        value: [
          { fullName: 'Gold', label: 'Gold', default: false },
          { fullName: 'Silver', label: 'Silver', default: true },
        ],
      },
    },
  },
  { name: 'Partner_Sourced', type: 'Checkbox', defaultValue: 'false' },
  { name: 'Registration_URL', type: 'Url' },
  { name: 'Protected_Until', type: 'Date', inlineHelpText: 'No other partner may claim the deal before.' },
].map(({ name, ...rest }) => ({
  fullName: `Opportunity.Tributary_${name}__c`,
  label: `Tributary ${name.replaceAll('_', ' ')}`,
  description: 'Kept by Tributary.',
  ...rest,
}));

const NAMES = FIELDS.map((field) => field.fullName.slice('Opportunity.'.length));
const SET = 'Tributary_Integration';
const LAYOUT = 'Opportunity-Opportunity Layout';

let org: OpenOrg;
let conn: Connection;
let userId: string;

beforeAll(async () => {
  org = await openOrg({ preset: 'fresh' });
  conn = await org.connect();
  userId = (await conn.identity()).user_id;
});
afterAll(() => org.close());

/** Brings the org to where Tributary needs it, whatever is there already. Returns what was new. */
async function provision(): Promise<string[]> {
  const created = [
    ...(await upsertAll('CustomField', FIELDS)),
    ...(await upsertAll('PermissionSet', [
      {
        fullName: SET,
        label: 'Tributary Integration',
        objectPermissions: ['Account', 'Opportunity'].map((object) => ({
          object,
          allowRead: true,
          allowCreate: true,
          allowEdit: true,
          allowDelete: false,
          viewAllRecords: false,
          modifyAllRecords: false,
        })),
        fieldPermissions: FIELDS.map(({ fullName }) => ({ field: fullName, readable: true, editable: true })),
      },
    ])),
    ...(await upsertAll('PlatformEventChannelMember', [
      {
        fullName: 'ChangeEvents_OpportunityChangeEvent',
        eventChannel: 'ChangeEvents',
        selectedEntity: 'OpportunityChangeEvent',
      },
    ])),
  ];
  if (await assign()) created.push('assignment');
  if (await placeOnLayout()) created.push('layout');
  return created;
}

async function upsertAll(type: string, components: readonly object[]): Promise<string[]> {
  const results = await conn.metadata.upsert(type, components as never[]);
  const failed = results.filter((result) => !result.success);
  if (failed.length > 0) throw new Error(JSON.stringify(failed));
  return results.filter((result) => result.created).map((result) => result.fullName);
}

async function assign(): Promise<boolean> {
  const sets = await conn.query<{ Id: string }>(`SELECT Id FROM PermissionSet WHERE Name = '${SET}'`);
  const setId = sets.records[0]?.Id;
  const given = await conn.query(
    `SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '${setId}' AND AssigneeId = '${userId}'`,
  );
  if (given.totalSize > 0) return false;
  await conn.sobject('PermissionSetAssignment').create({ PermissionSetId: setId, AssigneeId: userId });
  return true;
}

async function placeOnLayout(): Promise<boolean> {
  const layout = await conn.metadata.read('Layout', LAYOUT);
  const shown = JSON.stringify(layout.layoutSections);
  const missing = NAMES.filter((name) => !shown.includes(`"${name}"`));
  if (missing.length === 0) return false;
  const items = missing.map((field) => ({ behavior: 'Edit', field }));
  layout.layoutSections.push({
    customLabel: true,
    detailHeading: true,
    editHeading: true,
    label: 'Tributary',
    layoutColumns: [{ layoutItems: items.slice(0, 4) }, { layoutItems: items.slice(4) }],
    style: 'TwoColumnsTopToBottom',
  } as never);
  const [saved] = [await conn.metadata.update('Layout', layout as never)].flat();
  if (saved?.success !== true) throw new Error(JSON.stringify(saved));
  return true;
}

async function describedFields(): Promise<Map<string, Record<string, unknown>>> {
  const described = await conn.sobject('Opportunity').describe();
  return new Map(described.fields.map((field) => [field.name, field as unknown as Record<string, unknown>]));
}

describe('provisioning a new org', () => {
  it('makes fields that nobody sees until the permission set is assigned, then all of them', async () => {
    expect([...(await describedFields()).keys()].filter((name) => name.startsWith('Tributary_'))).toEqual([]);
    await upsertAll('CustomField', FIELDS);
    expect([...(await describedFields()).keys()].filter((name) => name.startsWith('Tributary_'))).toEqual([]);
    await expect(conn.query('SELECT Tributary_Partner__c FROM Opportunity')).rejects.toThrow(
      'No such column',
    );

    const created = await provision();

    expect(created).toEqual([SET, 'ChangeEvents_OpportunityChangeEvent', 'assignment', 'layout']);
    const fields = await describedFields();
    expect(NAMES.filter((name) => !fields.has(name))).toEqual([]);
    expect(fields.get('Tributary_Deal_Id__c')).toMatchObject({
      type: 'string',
      length: 64,
      unique: true,
      externalId: true,
      caseSensitive: true,
      createable: true,
      updateable: true,
      label: 'Tributary Deal Id',
    });
    expect(fields.get('Tributary_Version__c')).toMatchObject({ type: 'double', precision: 18, scale: 0 });
    expect(fields.get('Tributary_Partner_Account__c')).toMatchObject({
      type: 'reference',
      referenceTo: ['Account'],
      relationshipName: 'Tributary_Partner_Account__r',
    });
    expect(fields.get('Tributary_Partner_Tier__c')).toMatchObject({
      restrictedPicklist: true,
      picklistValues: [
        { value: 'Gold', active: true, defaultValue: false },
        { value: 'Silver', active: true, defaultValue: true },
      ],
    });
    expect(fields.get('Tributary_Protected_Until__c')).toMatchObject({
      type: 'date',
      inlineHelpText: 'No other partner may claim the deal before.',
    });
  });

  it('changes nothing the second time', async () => {
    expect(await provision()).toEqual([]);
  });

  it('leaves an org that takes deals by their key, follows their partners and tells of changes', async () => {
    const account = await conn.sobject('Account').create({ Name: 'Partner GmbH' });
    const deal = {
      Name: 'A deal',
      StageName: 'Prospecting',
      CloseDate: '2027-03-31',
      Tributary_Deal_Id__c: 'deal-1',
      Tributary_Partner_Account__c: account.id,
    };
    const first = await conn.sobject('Opportunity').upsert(deal, 'Tributary_Deal_Id__c');
    expect(first).toMatchObject({ success: true, created: true });
    const again = await conn
      .sobject('Opportunity')
      .upsert({ ...deal, Tributary_Version__c: 2 }, 'Tributary_Deal_Id__c');
    expect(again).toMatchObject({ success: true, created: false });
    const found = await conn.query(
      "SELECT Tributary_Partner_Tier__c, Tributary_Partner_Account__r.Name FROM Opportunity WHERE Tributary_Deal_Id__c = 'deal-1'",
    );
    expect(found.records[0]).toMatchObject({
      Tributary_Partner_Tier__c: 'Silver',
      Tributary_Partner_Account__r: { Name: 'Partner GmbH' },
    });
    const children = await conn.query('SELECT Id, (SELECT Id FROM Tributary_Opportunities__r) FROM Account');
    expect(children.records[0]).toMatchObject({ Tributary_Opportunities__r: { totalSize: 1 } });
    await expect(
      conn
        .sobject('Opportunity')
        .upsert({ ...deal, Tributary_Partner_Tier__c: 'Tin' }, 'Tributary_Deal_Id__c'),
    ).rejects.toThrow('bad value for restricted picklist field: Tin');
  });
});
