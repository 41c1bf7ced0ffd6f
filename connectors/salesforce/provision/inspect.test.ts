import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from '../../../test/salesforce/open-org.ts';
import { openOrgToPrepare, type OrgToPrepare } from '../../../test/salesforce/provisioning.ts';
import type { Inspection, Needs } from '../../../src/crm/provisioning.ts';

let prepared: OrgToPrepare;

beforeAll(async () => {
  prepared = await openOrgToPrepare('fresh');
});
afterAll(() => prepared.close());

async function inspect(needs: Needs = prepared.needs): Promise<readonly Inspection[]> {
  const connector = prepared.runtime();
  return (await connector.inspect?.(needs, within())) ?? [];
}

const checks = (found: readonly Inspection[]): string[] => found.map(({ check }) => check);

describe('what the run-time user lacks', () => {
  it('is every object while nothing is granted, each with the command that mends it', async () => {
    const found = await inspect();
    expect(checks(found)).toEqual([
      'object Opportunity',
      'object Account',
      'object Contact',
      'object OpportunityContactRole',
      'object Lead',
      'change events of Opportunity',
    ]);
    for (const { nextStep } of found) expect(nextStep).toContain('tributary provision salesforce');
  });

  it('is nothing after provisioning', async () => {
    await prepared.provision();
    expect(await inspect()).toEqual([]);
  });

  it('is a field whose grant was taken away, an object that may not be edited, and a field of another type', async () => {
    const { metadata } = prepared.byHand;
    const set = await metadata.read('PermissionSet', 'Tributary_Integration');
    await metadata.update('PermissionSet', {
      ...set,
      objectPermissions: set.objectPermissions.map((one) =>
        one.object === 'Contact' ? { ...one, allowEdit: false } : one,
      ),
      fieldPermissions: set.fieldPermissions
        .filter(({ field }) => field !== 'Opportunity.Tributary_Partner__c')
        .map((one) =>
          one.field === 'Opportunity.Tributary_Protected_Until__c' ? { ...one, editable: false } : one,
        ),
    } as never);
    const found = await inspect();
    expect(checks(found)).toEqual([
      'field Opportunity.Tributary_Partner__c',
      'field Opportunity.Tributary_Protected_Until__c',
      'object Contact',
    ]);
    expect(found[0]?.found).toContain('does not exist, or the integration user may not see it');
    expect(found[1]?.found).toContain('may read it, but not write it');
    expect(found[2]?.found).toContain('may not edit');
    expect(await prepared.provision()).toEqual(['permission set Tributary_Integration']);
    expect(await inspect()).toEqual([]);
  });

  it('is a picklist value that was deactivated; provisioning adds it and keeps the others', async () => {
    const { metadata } = prepared.byHand;
    const before = await metadata.read('StandardValueSet', 'LeadSource');
    const others = before.standardValue.filter(({ fullName }) => fullName !== 'Partner Referral');
    await metadata.update('StandardValueSet', { ...before, standardValue: others } as never);
    const [missing, ...more] = await inspect();
    expect(more).toEqual([]);
    expect(missing).toMatchObject({ check: 'field Opportunity.LeadSource', field: { field: 'LeadSource' } });
    expect(missing?.found).toContain('“Partner Referral”');
    expect(await prepared.provision()).toEqual(['picklist value LeadSource: Partner Referral']);
    const after = await metadata.read('StandardValueSet', 'LeadSource');
    expect(after.standardValue.map(({ fullName }) => fullName).sort()).toEqual(
      before.standardValue.map(({ fullName }) => fullName).sort(),
    );
    expect(await inspect()).toEqual([]);
  });

  it('is the selection of change events when somebody takes it back', async () => {
    await prepared.byHand.metadata.delete(
      'PlatformEventChannelMember',
      'ChangeEvents_OpportunityChangeEvent',
    );
    expect(await inspect()).toMatchObject([
      {
        check: 'change events of Opportunity',
        nextStep: expect.stringContaining('Setup › Change Data Capture'),
      },
    ]);
  });

  it('is a key that is not unique', async () => {
    const needs: Needs = {
      ...prepared.needs,
      objects: prepared.needs.objects.map((need) =>
        need.record === 'account' ? { ...need, keyField: 'AccountNumber' } : need,
      ),
    };
    await prepared.provision({ needs });
    const found = await inspect(needs);
    expect(found.find(({ check }) => check === 'field Account.AccountNumber')?.found).toContain(
      'not a unique external ID',
    );
  });

  it('is the way to the change events, where a firewall closes it', async () => {
    const connector = prepared.org.connect({ settings: { pubsubEndpoint: 'localhost:1' } });
    const found = (await connector.inspect?.(prepared.needs, within())) ?? [];
    const events = found.find(({ check }) => check === 'change events of Opportunity');
    expect(events?.found).toContain('could not be reached');
    expect(events?.nextStep).toContain('api.pubsub.salesforce.com:7443');
  });
});
