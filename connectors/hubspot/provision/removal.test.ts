import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inState, openPortalToPrepare, type PortalToPrepare } from '../../../test/hubspot/provisioning.ts';

const opened: PortalToPrepare[] = [];
async function open(options?: Parameters<typeof openPortalToPrepare>[0]): Promise<PortalToPrepare> {
  const portal = await openPortalToPrepare(options);
  opened.push(portal);
  return portal;
}
afterAll(async () => {
  for (const portal of opened) await portal.close();
});

describe('taking away what provisioning made', () => {
  let portal: PortalToPrepare;
  let made: string[];
  beforeAll(async () => {
    portal = await open();
    made = await portal.provision();
  });

  it('says how many records carry a value, property by property, and removes nothing by planning', async () => {
    for (const id of ['1', '2'])
      await portal.api('POST', '/crm/v3/objects/deals', {
        properties: {
          dealname: `Deal ${id}`,
          pipeline: 'default',
          dealstage: 'appointmentscheduled',
          tributary_partner: 'Nordwind',
          ...(id === '1' ? { tributary_partner_tier: 'gold' } : {}),
        },
      });
    const before = await portal.state();
    const plan = await portal.planRemoval(made);
    const found = new Map(plan.items.map((item) => [item.item, item.found]));
    expect(found.get('property deals.tributary_partner')).toBe('with the values of 2 records');
    expect(found.get('property deals.tributary_partner_tier')).toBe('with the value of one record');
    expect(found.get('property deals.tributary_version')).toBe('no record carries a value');
    expect(inState(plan, 'remove').sort()).toEqual([...made].sort());
    expect(await portal.state()).toEqual(before);
  });

  it('leaves the portal as it was before, and finds nothing to do the second time', async () => {
    await portal.deprovision(made);
    const { deals, groups, labels, subscriptions } = await portal.state();
    expect(deals.filter(({ name }) => name.startsWith('tributary_'))).toEqual([]);
    expect(groups.map(({ name }) => name)).not.toContain('tributary');
    expect(JSON.stringify(labels)).not.toContain('Partner of record');
    expect(subscriptions).toEqual([]);
    expect((await portal.planRemoval([])).items).toEqual([]);
  });
});

describe('what provisioning did not make', () => {
  it('stays: a property of our name, the label, a subscription and a group that holds somebody else’s property', async () => {
    const portal = await open();
    await portal.makeProperty('deals', { name: 'tributary_partner', type: 'string', fieldType: 'text' });
    await portal.developer('POST', 'subscriptions', { eventType: 'deal.creation', active: true });
    await portal.api('POST', '/crm/v4/associations/deals/companies/labels', {
      name: 'somebodys_own',
      label: 'Partner of record',
    });
    const made = await portal.provision();
    expect(made).not.toContain('webhook deal.creation');
    await portal.makeProperty('deals', {
      name: 'channel_notes',
      type: 'string',
      fieldType: 'text',
      groupName: 'tributary',
    });
    const plan = await portal.planRemoval(made);
    expect(inState(plan, 'stays')).toEqual([
      'association label deals → companies: Partner of record',
      'property deals.tributary_partner',
      'property group deals.tributary',
    ]);
    await portal.deprovision(made);
    const after = await portal.state();
    expect(after.deals.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tributary_partner', 'channel_notes']),
    );
    expect(after.groups.map(({ name }) => name)).toContain('tributary');
    expect(JSON.stringify(after.labels)).toContain('Partner of record');
    expect(after.subscriptions.map(({ eventType }) => eventType)).toEqual(['deal.creation']);
  });
});
