import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { Needs } from '../../../src/crm/provisioning.ts';
import { parseMapping } from '../../../src/mapping/load.ts';
import { needsOf } from '../../../src/mapping/needs.ts';
import { within } from '../../../test/salesforce/open-org.ts';
import { inState, openOrgToPrepare, type OrgToPrepare } from '../../../test/salesforce/provisioning.ts';

function needsWith(sections: object): Needs {
  const shipped = parse(readFileSync('mappings/salesforce/mapping.yaml', 'utf8')) as object;
  return needsOf(parseMapping(stringify({ ...shipped, ...sections }), 'test', 'salesforce'));
}

describe('the sections of a mapping', () => {
  let prepared: OrgToPrepare;
  const needs = needsWith({
    tags: { leadSource: { value: 'Channel' }, campaign: { name: 'Partner deals' } },
    lineItems: { mode: 'read' },
    target: 'lead',
    lead: {
      object: 'Lead',
      keyField: 'Tributary_Lead_Key__c',
      write: [
        { to: 'Company', from: 'account.name', when: 'create' },
        { to: 'LastName', from: 'contact.lastName', when: 'create' },
        { to: 'Tributary_Partner__c', from: 'partner.name' },
        { to: 'Tributary_Protected_Until__c', from: 'deal.protectedUntil', skipEmpty: false },
      ],
    },
  });

  beforeAll(async () => {
    prepared = await openOrgToPrepare('fresh');
  });
  afterAll(() => prepared.close());

  it('are provisioned for: fields on leads, the tag in the picklist, rights on campaigns and products', async () => {
    const plan = await prepared.plan({ needs });
    const items = inState(plan, 'create', 'extend');
    expect(items).toEqual(
      expect.arrayContaining([
        'field Lead.Tributary_Lead_Key__c',
        'field Lead.Tributary_Partner__c',
        'field Lead.Tributary_Protected_Until__c',
        'picklist value LeadSource: Channel',
      ]),
    );
    await prepared.provision({ needs });
    const set = await prepared.byHand.metadata.read('PermissionSet', 'Tributary_Integration');
    const rights = new Map(set.objectPermissions.map((one) => [one.object, one]));
    expect([...rights.keys()].sort()).toEqual([
      'Account',
      'Campaign',
      'Contact',
      'Lead',
      'Opportunity',
      'Product2',
    ]);
    expect(rights.get('Product2')).toMatchObject({ allowRead: true, allowEdit: false, allowCreate: false });
    expect([...rights.values()].filter((one) => one.allowDelete || one.modifyAllRecords)).toEqual([]);
    expect(set.userPermissions).toEqual([{ enabled: true, name: 'ApiEnabled' }]);
  });

  it('leave nothing to do, and nothing that the run-time user lacks', async () => {
    expect(inState(await prepared.plan({ needs }), 'create', 'extend', 'differs', 'by-hand')).toEqual([]);
    const connector = prepared.runtime();
    expect(await connector.inspect?.(needs, within())).toEqual([]);
    const pushed = await connector.push(
      {
        kind: 'deal',
        object: 'Lead',
        keyField: 'Tributary_Lead_Key__c',
        operation: 'upsert',
        records: [
          { key: 'deal-1', fields: { Company: 'Acme', LastName: 'Doe', Tributary_Partner__c: 'Nordwind' } },
        ],
      },
      within(),
    );
    expect(pushed).toMatchObject([{ status: 'written', created: true }]);
  });

  it('ask for no more when they are not there', async () => {
    const other = await openOrgToPrepare('record-types');
    try {
      await other.provision();
      const set = await other.byHand.metadata.read('PermissionSet', 'Tributary_Integration');
      expect(set.objectPermissions.map(({ object }) => object).sort()).toEqual([
        'Account',
        'Contact',
        'Lead',
        'Opportunity',
      ]);
      const lead = set.objectPermissions.find(({ object }) => object === 'Lead');
      expect(lead).toMatchObject({ allowRead: true, allowCreate: false, allowEdit: false });
      expect(await other.runtime().inspect?.(other.needs, within())).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
