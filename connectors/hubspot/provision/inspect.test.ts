import { afterAll, describe, expect, it } from '@jest/globals';
import { openPortalToPrepare, type PortalToPrepare } from '../../../test/hubspot/provisioning.ts';
import { within } from '../../../test/salesforce/open-org.ts';
import type { Inspection } from '../../../src/crm/provisioning.ts';

const opened: PortalToPrepare[] = [];
async function open(options?: Parameters<typeof openPortalToPrepare>[0]): Promise<PortalToPrepare> {
  const portal = await openPortalToPrepare(options);
  opened.push(portal);
  return portal;
}
afterAll(async () => {
  for (const portal of opened) await portal.close();
});

async function inspected(portal: PortalToPrepare, currencies: string[] = []): Promise<readonly Inspection[]> {
  const { connector, webhooks } = portal;
  const found = await connector.inspect?.(await portal.needs(), { ...within(), webhooks, currencies });
  return (found ?? []).filter(({ ok }) => !ok);
}

describe('inspecting a portal', () => {
  it('names each property, the label and each subscription that is missing, and nothing once they are made', async () => {
    const portal = await open();
    const missing = await inspected(portal);
    expect(missing.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'property deals.tributary_deal_id',
        'property companies.tributary_account_key',
        'association label deals → companies: Partner of record',
        'webhook target',
        'webhook deal.propertyChange dealstage',
      ]),
    );
    expect(missing.every(({ nextStep }) => nextStep?.includes('tributary provision hubspot'))).toBe(true);
    await portal.provision();
    expect(await inspected(portal)).toEqual([]);
  });

  it('finds a key that is not unique, a property of another type, a paused subscription and a currency that is not enabled', async () => {
    const portal = await open();
    await portal.makeProperty('deals', { name: 'tributary_deal_id', type: 'string', fieldType: 'text' });
    await portal.makeProperty('deals', { name: 'tributary_version', type: 'date', fieldType: 'date' });
    await portal.developer('POST', 'subscriptions', { eventType: 'deal.merge' });
    await portal.provision();
    const [merge] = (await portal.state()).subscriptions.filter((one) => one.eventType === 'deal.merge');
    await portal.developer('PATCH', `subscriptions/${merge?.id}`, { active: false });
    expect(await inspected(portal, ['USD', 'EUR', 'CHF'])).toEqual([
      expect.objectContaining({
        check: 'property deals.tributary_deal_id',
        found: expect.stringContaining('does not have unique values'),
        field: { object: 'deals', field: 'tributary_deal_id' },
      }),
      expect.objectContaining({
        check: 'property deals.tributary_version',
        found: 'is of the type date, and number is needed',
      }),
      expect.objectContaining({ check: 'webhook deal.merge' }),
      expect.objectContaining({
        check: 'currency CHF',
        nextStep: expect.stringContaining('Settings › Account defaults › Currency'),
      }),
    ]);
  });
});
