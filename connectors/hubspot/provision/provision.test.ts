import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  inState,
  openPortalToPrepare,
  patient,
  type PortalToPrepare,
} from '../../../test/hubspot/provisioning.ts';
import { within } from '../../../test/salesforce/open-org.ts';

const dealProperties = [
  'property deals.tributary_deal_id',
  'property deals.tributary_version',
  'property deals.tributary_partner',
  'property deals.tributary_partner_tier',
  'property deals.tributary_partner_sourced',
  'property deals.tributary_partner_influence',
  'property deals.tributary_protected_until',
  'property deals.tributary_registration_url',
];
const label = 'association label deals → companies: Partner of record';
const webhooks = [
  'webhook target',
  'webhook deal.creation',
  'webhook deal.deletion',
  'webhook deal.restore',
  'webhook deal.merge',
  'webhook deal.associationChange',
  'webhook deal.propertyChange amount',
  'webhook deal.propertyChange deal_currency_code',
  'webhook deal.propertyChange dealstage',
  'webhook deal.propertyChange pipeline',
  'webhook deal.propertyChange closedate',
  'webhook deal.propertyChange hubspot_owner_id',
  'webhook deal.propertyChange dealname',
];
const all = [
  'property group deals.tributary',
  'property group companies.tributary',
  ...dealProperties,
  'property companies.tributary_account_key',
  label,
  ...webhooks,
];

const opened: PortalToPrepare[] = [];
async function open(options?: Parameters<typeof openPortalToPrepare>[0]): Promise<PortalToPrepare> {
  const portal = await openPortalToPrepare(options);
  opened.push(portal);
  return portal;
}
afterAll(async () => {
  for (const portal of opened) await portal.close();
});

describe('provisioning a portal that nobody prepared', () => {
  let portal: PortalToPrepare;
  beforeAll(async () => {
    portal = await open();
  });

  it('plans the groups, every property of the mapping, the label and the webhooks, and writes nothing by planning', async () => {
    const before = await portal.state();
    const plan = await portal.plan();
    expect(inState(plan, 'create', 'extend')).toEqual(all);
    expect(inState(plan, 'differs', 'by-hand')).toEqual([]);
    expect(plan.accountId).toBe(String(portal.sandbox.credentials.portalId));
    expect(await portal.state()).toEqual(before);
  });

  it('makes it all: keys with unique values, and subscriptions that are active', async () => {
    expect(await portal.provision()).toEqual(all);
    const deals = await portal.connector.describe('deals', within());
    const companies = await portal.connector.describe('companies', within());
    expect(deals.fields.get('tributary_deal_id')).toMatchObject({ unique: true, type: 'string' });
    expect(deals.fields.get('tributary_protected_until')).toMatchObject({ unique: false, type: 'date' });
    expect(companies.fields.get('tributary_account_key')).toMatchObject({ unique: true });
    const { settings, subscriptions } = await portal.state();
    expect(settings).toBe(portal.webhooks.targetUrl);
    expect(subscriptions).toHaveLength(webhooks.length - 1);
    expect(subscriptions.every(({ active }) => active)).toBe(true);
  });

  it('lets deals be written with nothing else prepared', async () => {
    const outcomes = await portal.connector.push(
      {
        kind: 'deal',
        object: 'deals',
        keyField: 'tributary_deal_id',
        operation: 'upsert',
        records: [
          {
            key: 'deal-1',
            fields: {
              dealname: 'A deal',
              pipeline: 'default',
              dealstage: 'appointmentscheduled',
              tributary_version: '1',
              tributary_partner: 'Nordwind',
              tributary_partner_sourced: 'true',
              tributary_partner_influence: 'sourced',
              tributary_protected_until: '2027-01-31',
              tributary_registration_url: 'https://tributary.example.com/deals/1',
            },
          },
        ],
      },
      within(),
    );
    expect(outcomes).toMatchObject([{ status: 'written', created: true }]);
  });

  it('parks a deal in a currency that the portal has not enabled, and says where to enable it', async () => {
    const fields = {
      dealname: 'A deal in francs',
      pipeline: 'default',
      dealstage: 'appointmentscheduled',
      amount: '100',
      deal_currency_code: 'CHF',
    };
    const [outcome] = await portal.connector.push(
      {
        kind: 'deal',
        object: 'deals',
        keyField: 'tributary_deal_id',
        operation: 'upsert',
        records: [{ key: 'deal-chf', fields }],
      },
      within(),
    );
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        kind: 'invalid-record',
        details: {
          plain: expect.stringMatching(/currency of the deal is not enabled in the portal.*CHF/),
          nextStep: expect.stringContaining('Settings › Account defaults › Currency'),
        },
      },
    });
  });

  it('finds nothing to do the second time', async () => {
    const plan = await portal.plan();
    expect(inState(plan, 'exists')).toEqual(all);
    expect(plan.items).toHaveLength(all.length);
  });
});

describe('provisioning', () => {
  it('goes on after an interruption with what is left', async () => {
    const portal = await open();
    const done: string[] = [];
    const plan = await portal.plan();
    const interrupted = plan.carryOut((item) => {
      done.push(item.item);
      return done.length === 5 ? Promise.reject(new Error('killed')) : Promise.resolve();
    }, patient);
    await expect(interrupted).rejects.toThrow('killed');
    expect(inState(await portal.plan(), 'create')).toEqual(all.slice(5));
    expect(await portal.provision()).toEqual(all.slice(5));
  });

  it('leaves a property of our name that is not unique as it is, and says what to do', async () => {
    const portal = await open();
    await portal.makeProperty('deals', { name: 'tributary_deal_id', type: 'string', fieldType: 'text' });
    const plan = await portal.plan();
    expect(plan.items.find(({ item }) => item === 'property deals.tributary_deal_id')).toMatchObject({
      state: 'differs',
      found: expect.stringContaining('does not have unique values'),
      nextStep: expect.stringContaining('Delete tributary_deal_id under Settings › Properties'),
    });
    const before = (await portal.state()).deals.find(({ name }) => name === 'tributary_deal_id');
    await portal.provision();
    const after = (await portal.state()).deals.find(({ name }) => name === 'tributary_deal_id');
    expect(after).toEqual(before);
  });

  it('leaves a property of our name and another type as it is', async () => {
    const portal = await open();
    await portal.makeProperty('deals', { name: 'tributary_version', type: 'date', fieldType: 'date' });
    expect((await portal.plan()).items).toContainEqual(
      expect.objectContaining({
        item: 'property deals.tributary_version',
        state: 'differs',
        found: 'is of the type date, and number is needed',
      }),
    );
  });

  it('refuses a key where ten properties have unique values already, and makes the rest', async () => {
    const portal = await open();
    for (let n = 0; n < 10; n++)
      await portal.makeProperty('deals', {
        name: `unique_${n}`,
        type: 'string',
        fieldType: 'text',
        hasUniqueValue: true,
      });
    const plan = await portal.plan();
    expect(plan.items.find(({ item }) => item === 'property deals.tributary_deal_id')).toMatchObject({
      state: 'by-hand',
      found:
        'cannot be made: deals have 10 properties with unique values already, and HubSpot allows no more',
    });
    expect(await portal.provision()).toEqual(
      all.filter((item) => item !== 'property deals.tributary_deal_id'),
    );
  });

  it('asks a person for a property that lies in the portal’s archive', async () => {
    const portal = await open();
    await portal.makeProperty('deals', { name: 'tributary_partner', type: 'string', fieldType: 'text' });
    await portal.api('DELETE', '/crm/v3/properties/deals/tributary_partner');
    expect((await portal.plan()).items).toContainEqual(
      expect.objectContaining({ item: 'property deals.tributary_partner', state: 'by-hand' }),
    );
  });

  it('names a property of the mapping that it cannot make, and a key of the customer’s own that is not unique', async () => {
    const portal = await open();
    await portal.makeProperty('companies', { name: 'erp_number', type: 'string', fieldType: 'text' });
    const plan = await portal.plan((text) =>
      text
        .replace('keyField: tributary_account_key', 'keyField: erp_number')
        .replace('to: amount, from: deal.amount', 'to: deal_worth, from: deal.amount'),
    );
    expect(inState(plan, 'differs')).toEqual(['property companies.erp_number']);
    expect(inState(plan, 'by-hand')).toEqual(['property deals.deal_worth']);
    expect(inState(plan, 'create')).not.toContain('property companies.tributary_account_key');
  });

  it('tells what to click where nobody gave the developer’s key, and that a private app needs no webhooks', async () => {
    const withoutKey = await open({ developerKey: null });
    const clicks = (await withoutKey.plan()).items.find(({ item }) => item === 'webhooks');
    expect(clicks).toMatchObject({
      state: 'by-hand',
      nextStep: expect.stringContaining('deal.propertyChange dealstage'),
    });
    expect(clicks?.nextStep).toContain('HUBSPOT_DEVELOPER_API_KEY');
    const privateApp = await open({ runtime: 'private-app' });
    expect((await privateApp.plan()).items).toContainEqual(
      expect.objectContaining({ item: 'webhooks', state: 'exists' }),
    );
  });

  it('activates a subscription that is paused, and never points a used target elsewhere', async () => {
    const portal = await open();
    await portal.developer('PUT', 'settings', {
      targetUrl: 'https://other.example.com/hooks',
      throttling: { maxConcurrentRequests: 10 },
    });
    await portal.developer('POST', 'subscriptions', { eventType: 'deal.creation' });
    const plan = await portal.plan();
    expect(inState(plan, 'extend')).toEqual(['webhook deal.creation']);
    expect(inState(plan, 'differs')).toEqual(['webhook target']);
    await portal.provision();
    const { settings, subscriptions } = await portal.state();
    expect(settings).toBe('https://other.example.com/hooks');
    expect(subscriptions.every(({ active }) => active)).toBe(true);
  });

  it('names the scopes that the token lacks, and how to give another one', async () => {
    const portal = await open({
      scopes: ['crm.objects.deals.read', 'crm.objects.companies.read', 'crm.objects.contacts.read', 'oauth'],
    });
    const plan = await portal.plan();
    expect(plan.items.find(({ item }) => item === 'property deals.tributary_deal_id')).toMatchObject({
      state: 'by-hand',
      found: expect.stringContaining('the token lacks crm.schemas.deals.write'),
      nextStep: expect.stringContaining('--token-file'),
    });
    expect(plan.items.find(({ item }) => item === label)).toMatchObject({
      found: expect.stringContaining('crm.schemas.deals.write and crm.schemas.companies.write'),
    });
    expect(await portal.provision()).toEqual(webhooks);
  });

  it('never says the developer’s key when HubSpot cannot be reached', async () => {
    const portal = await open();
    await portal.fault('/webhooks/v3', { kind: 'reset', at: 'before-commit' });
    const error: unknown = await portal.plan().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Error);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10 })).not.toContain(portal.sandbox.credentials.developerApiKey);
  });
});
