import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  inState,
  openOrgToPrepare,
  patient,
  runtimeUser,
  type OrgToPrepare,
} from '../../../test/salesforce/provisioning.ts';
import { within } from '../../../test/salesforce/open-org.ts';

const opportunityFields = [
  'field Opportunity.Tributary_Deal_Id__c',
  'field Opportunity.Tributary_Version__c',
  'field Opportunity.Tributary_Partner__c',
  'field Opportunity.Tributary_Partner_Account__c',
  'field Opportunity.Tributary_Partner_Tier__c',
  'field Opportunity.Tributary_Partner_Sourced__c',
  'field Opportunity.Tributary_Partner_Influence__c',
  'field Opportunity.Tributary_Protected_Until__c',
  'field Opportunity.Tributary_Registration_URL__c',
];

describe('provisioning an org that nobody prepared', () => {
  let prepared: OrgToPrepare;

  beforeAll(async () => {
    prepared = await openOrgToPrepare('fresh');
  });
  afterAll(() => prepared.close());

  it('plans every field of the mapping, the layout, the permission sets, the assignment and the change events', async () => {
    const plan = await prepared.plan();
    expect(inState(plan, 'create', 'extend')).toEqual([
      ...opportunityFields,
      'field Account.Tributary_Account_Key__c',
      'field Contact.Tributary_Contact_Key__c',
      'layout Opportunity-Opportunity Layout',
      'permission set Tributary_Integration',
      'permission set Tributary_Partner_Deal',
      `assignment Tributary_Integration to ${runtimeUser}`,
      'change events of Opportunity',
    ]);
    expect(inState(plan, 'exists')).toEqual(['picklist value LeadSource: Partner Referral']);
    expect(inState(plan, 'differs', 'by-hand')).toEqual([]);
  });

  it('has written nothing by planning', async () => {
    expect(await prepared.org.admin('GET', '/writes')).toMatchObject([]);
    expect(await prepared.org.calls()).not.toHaveProperty('createMetadata');
    const plan = await prepared.plan();
    expect(inState(plan, 'create', 'extend')).toHaveLength(16);
  });

  it('makes it all, so that the user the mirror runs as can write and read deals with nothing else granted', async () => {
    expect(await prepared.provision()).toHaveLength(16);

    const connector = prepared.runtime();
    const described = await connector.describe('Opportunity', within());
    expect(described.fields.get('Tributary_Deal_Id__c')).toMatchObject({ unique: true, length: 64 });
    const pushed = await connector.push(
      {
        kind: 'deal',
        object: 'Opportunity',
        keyField: 'Tributary_Deal_Id__c',
        operation: 'upsert',
        records: [
          {
            key: 'deal-1',
            fields: {
              Name: 'A deal',
              StageName: 'Prospecting',
              CloseDate: '2027-03-31',
              Amount: '100.00',
              LeadSource: 'Partner Referral',
              Tributary_Partner__c: 'Nordwind',
              Tributary_Protected_Until__c: '2027-01-31',
              Tributary_Partner_Sourced__c: true,
            },
          },
        ],
      },
      within(),
    );
    expect(pushed).toMatchObject([{ key: 'deal-1', status: 'written', created: true }]);
    const [outcome] = pushed;
    const id = outcome?.status === 'written' ? outcome.crmId : '';
    expect(
      await connector.readDeals('Opportunity', [id], ['Amount', 'Tributary_Partner__c'], within()),
    ).toMatchObject([{ deleted: false, fields: { Amount: 100, Tributary_Partner__c: 'Nordwind' } }]);
  });

  it('plans nothing the second time, and does nothing', async () => {
    const plan = await prepared.plan();
    expect(inState(plan, 'create', 'extend', 'differs', 'by-hand')).toEqual([]);
    expect(await prepared.provision()).toEqual([]);
  });
});

describe('an org that is prepared in part', () => {
  it('is left as it is where a field differs, with what to do, and gets the rest', async () => {
    const prepared = await openOrgToPrepare('fresh');
    try {
      const { metadata } = prepared.byHand;
      await metadata.create('CustomField', {
        fullName: 'Opportunity.Tributary_Deal_Id__c',
        label: 'Deal',
        type: 'Text',
        length: 64,
      } as never);
      const plan = await prepared.plan();
      expect(inState(plan, 'differs')).toEqual(['field Opportunity.Tributary_Deal_Id__c']);
      expect(plan.items[0]).toMatchObject({
        found: expect.stringContaining('not unique'),
        nextStep: expect.stringContaining('left as it is'),
      });
      expect(await prepared.provision()).not.toContain('field Opportunity.Tributary_Deal_Id__c');
      const left = await metadata.read('CustomField', 'Opportunity.Tributary_Deal_Id__c');
      expect(left).toMatchObject({ label: 'Deal' });
      expect(left).not.toMatchObject({ unique: true });
    } finally {
      await prepared.close();
    }
  });

  it('keeps a permission set of the same name that somebody else made as it is', async () => {
    const prepared = await openOrgToPrepare('fresh');
    try {
      const { metadata } = prepared.byHand;
      const theirs = { fullName: 'Tributary_Integration', label: 'Theirs' };
      await metadata.create('PermissionSet', theirs as never);
      const before = await metadata.read('PermissionSet', 'Tributary_Integration');
      expect(inState(await prepared.plan(), 'differs')).toEqual(['permission set Tributary_Integration']);
      await prepared.provision();
      expect(await metadata.read('PermissionSet', 'Tributary_Integration')).toEqual(before);
    } finally {
      await prepared.close();
    }
  });

  it('goes on where it stopped, and has told what was made before', async () => {
    const prepared = await openOrgToPrepare('fresh');
    try {
      const plan = await prepared.plan();
      const made: string[] = [];
      const stopAfter = 3;
      const stopped = plan.carryOut((item) => {
        made.push(item.item);
        return made.length === stopAfter
          ? prepared.org
              .admin('POST', '/faults', {
                rules: [{ match: { path: 'Soap' }, fault: { kind: 'status', status: 503 } }],
              })
              .then(() => undefined)
          : Promise.resolve();
      }, patient);
      await expect(stopped).rejects.toMatchObject({ name: 'SyncError' });
      expect(made).toEqual(opportunityFields.slice(0, stopAfter));
      await prepared.org.calm();
      const rest = await prepared.provision();
      expect(rest).toHaveLength(16 - stopAfter);
      expect(rest).not.toContain(made[0]);
    } finally {
      await prepared.close();
    }
  });
});
