/** The local HubSpot's webhooks, over real HTTP, to the real receiver and into hints. */
import { afterEach, expect, it } from '@jest/globals';
import { HubspotSettings } from '../../connectors/hubspot/config.ts';
import { webhook } from '../../connectors/hubspot/listen.ts';
import { crmWebhookRoutes } from '../../src/api/crm-webhook-routes.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { parseNotifications } from '../../workers/parse-notifications.ts';
import { serveApi, type ServedApi } from '../fixtures/api.ts';
import { recordingContext } from '../fixtures/deals.ts';
import { until } from '../salesforce/open-org.ts';
import { connectPortal, type ConnectedPortal } from './connected-portal.ts';

let system: ConnectedPortal;
let api: ServedApi;
const kinds = ['public', 'private'] as const;

afterEach(async () => {
  await api.close();
  await system.close();
});

/** A portal of that kind of app, which sends to a receiver that accepts that signature. */
async function start(webhookApp: 'public' | 'private', webhookSignature: 'v3' | 'v1'): Promise<void> {
  system = await connectPortal({ webhookSignature }, { webhookApp, webhookBatchMs: 1 });
  const { clientSecret, privateAppSecret } = system.portal.credentials;
  const secrets = [webhookApp === 'private' ? privateAppSecret : clientSecret];
  const settings = HubspotSettings.parse({ webhookSignature });
  let publicUrl = '';
  api = await serveApi(
    system.db,
    { ...recordingContext(), clock: systemClock as never },
    {
      routeGroups: [
        crmWebhookRoutes({
          targetOf: async (id) =>
            id === system.connectionId ? { receiver: webhook, secrets, settings } : null,
          publicUrl: () => publicUrl,
          stored: () => undefined,
        }),
      ],
    },
  );
  publicUrl = api.url;
  const targetUrl = `${api.url}/v1/webhooks/crm/${system.connectionId}`;
  const subscriptions = ['deal.propertyChange:amount', 'deal.associationChange'];
  await system.portal.admin('POST', '/webhooks', { targetUrl, subscriptions });
}

const delivered = async (): Promise<{ delivered: number; attempts: number }> =>
  system.portal.admin('GET', '/webhooks');

const setAmount = (crmId: string): Promise<unknown> =>
  system.portal.call('PATCH', `/crm/v3/objects/deals/${crmId}`, { properties: { amount: '77' } });

async function hints(): Promise<{ crm_id: string; fields: string[] }[]> {
  await parseNotifications(system.context({ webhookReceiverOf: () => webhook }));
  return system.db.query("SELECT crm_id, fields FROM change_hints WHERE via = 'webhook' ORDER BY id");
}

it.each(kinds)(
  'of a %s app become hints where its signature is accepted',
  async (kind) => {
    await start(kind, kind === 'private' ? 'v1' : 'v3');
    const [deal] = await system.mirrored(1);
    if (!deal) throw new Error('no deal');
    await setAmount(deal.crmId);
    await until(delivered, (stats) => stats.delivered === 1);
    expect(await hints()).toEqual([{ crm_id: deal.crmId, fields: ['amount'] }]);
  },
  60_000,
);

it('of a private app are refused unless version 1 was chosen', async () => {
  await start('private', 'v3');
  const [deal] = await system.mirrored(1);
  if (!deal) throw new Error('no deal');
  await setAmount(deal.crmId);
  await until(delivered, (stats) => stats.attempts > 0);
  expect(await hints()).toEqual([]);
}, 60_000);

it('tell that a company came to a deal, and went, without naming a field', async () => {
  await start('public', 'v3');
  const [deal] = await system.mirrored(1);
  if (!deal) throw new Error('no deal');
  const { call } = system.portal;
  const company = String(
    (await call('POST', '/crm/v3/objects/companies', { properties: { name: 'C' } })).json['id'],
  );
  const pair = `/crm/v4/objects/deals/${deal.crmId}/associations`;
  await call('PUT', `${pair}/default/companies/${company}`);
  await until(delivered, (stats) => stats.delivered === 1);
  await call('DELETE', `${pair}/companies/${company}`);
  await until(delivered, (stats) => stats.delivered === 2);
  const hint = { crm_id: deal.crmId, fields: [] };
  expect(await hints()).toEqual([hint, hint]);
}, 60_000);
