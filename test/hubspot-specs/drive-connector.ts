import { hubspot } from '../../connectors/hubspot/definition.ts';
import type { Connector, PushRequest, RecordWrite, WriteOutcome } from '../../src/crm/connector.ts';
import { driveExtras } from './drive-extras.ts';
import { driveSetup } from './drive-setup.ts';
import type { ApiVersion } from './needed-apis.ts';
import { contextOf, soon } from './open-connector.ts';
import type { Portal } from './portal.ts';

/** Everything the connector's public port can ask of HubSpot, by OAuth and by private app, in one version of the API. */
export async function driveConnector(portal: Portal, version: ApiVersion): Promise<void> {
  const { clientId, clientSecret, refreshToken, privateAppToken } = portal.sandbox.credentials;
  await driveSetup(portal, version);
  for (const credentials of [{ clientId, clientSecret, refreshToken }, { accessToken: privateAppToken }]) {
    const connector = hubspot.open(contextOf(portal, version, credentials));
    await lookAround(connector);
    const deals = await write(connector, portal);
    await read(connector, portal, deals);
    await driveExtras(connector, portal, deals);
    await connector.close();
  }
}

let lastKey = 0;

async function lookAround(connector: Connector): Promise<void> {
  await connector.identify(soon());
  await connector.vendorNow(soon());
  await connector.stages(soon());
  for (const object of ['deals', 'companies', 'contacts']) await connector.describe(object, soon());
}

/** Deals with company, partner and contact, a bad one among them; returns the ids of the good ones. */
async function write(connector: Connector, portal: Portal): Promise<string[]> {
  const [company = '', partner = ''] = await push(connector, {
    ...{ kind: 'account', object: 'companies', keyField: 'tributary_account_key', operation: 'upsert' },
    records: ['acme', 'partner'].map((name) => record({ name, domain: `${name}.example` })),
  });
  const [contact = ''] = await push(connector, {
    ...{ kind: 'contact', object: 'contacts', keyField: 'email', operation: 'upsert' },
    records: [{ ...record({ firstname: 'Zoë' }), key: `zoe.${(lastKey += 1)}@acme.example` }],
  });
  const good = [deal({ amount: '1234.50', closedate: '2026-11-30' }), deal({}), deal({})];
  const created = await push(connector, deals('upsert', [...good, deal({ amount: 'twelve' })]));
  const updates = good.map(({ key }, index) => ({
    key,
    crmId: created[index] ?? '',
    fields: { tributary_version: '2', tributary_protected_until: null },
  }));
  await push(connector, deals('update', [...updates, { key: 'gone', crmId: '1', fields: { amount: '1' } }]));
  for (const fresh of [true, false]) {
    const ends = { accountId: company, partnerAccountId: partner, contactId: contact, fresh };
    await connector.link([{ key: good[0]?.key ?? '', dealId: created[0] ?? '', ...ends }], soon());
  }
  await portal.admin('POST', '/play', [
    { action: 'delete', id: created[1] },
    { action: 'merge', id: created[2], into: created[0] },
  ]);
  return created;
}

async function read(connector: Connector, portal: Portal, ids: readonly string[]): Promise<void> {
  await connector.readDeals('deals', [...ids, '1'], ['dealname', 'amount', 'hubspot_owner_id'], soon());
  await connector.lookupByKey('deals', 'tributary_deal_id', [`deal-${lastKey}`, 'never'], soon());
  await connector.findMatches(
    {
      ...{ kind: 'account', object: 'companies', keyField: 'tributary_account_key', fields: ['domain'] },
      wanted: [{ key: 'k', name: 'acme', domain: 'acme.example' }],
    },
    soon(),
  );
  await connector.findMatches(
    {
      ...{ kind: 'contact', object: 'contacts', keyField: 'email', fields: [] },
      wanted: [{ key: 'a@acme.example', email: 'a@acme.example' }],
    },
    soon(),
  );
  const now = Date.now();
  const window = { from: new Date(now - 3_600_000), to: new Date(now + 60_000) };
  await connector.poll('deals', 'tributary_deal_id', window, soon());
  await connector.poll('deals', 'tributary_deal_id', { ...window, after: ids[0] ?? '1' }, soon());
  await refusals(connector, portal);
}

/** The connector is to understand refusals; here it only has to be refused. */
async function refusals(connector: Connector, portal: Portal): Promise<void> {
  for (const status of [423, 429, 502]) {
    const rule = { match: {}, when: { times: 1 }, fault: { kind: 'status', status } };
    await portal.admin('POST', '/faults', { rules: [rule] });
    await connector.identify(soon()).catch(() => undefined);
    await portal.admin('DELETE', '/faults');
  }
}

function record(fields: RecordWrite['fields']): RecordWrite {
  return { key: `deal-${(lastKey += 1)}`, fields };
}

function deal(fields: RecordWrite['fields']): RecordWrite {
  return record({ dealname: 'Deal', pipeline: 'default', dealstage: 'appointmentscheduled', ...fields });
}

function deals(operation: PushRequest['operation'], records: RecordWrite[]): PushRequest {
  return { kind: 'deal', object: 'deals', keyField: 'tributary_deal_id', operation, records };
}

async function push(connector: Connector, request: PushRequest): Promise<string[]> {
  const outcomes: readonly WriteOutcome[] = await connector.push(request, soon());
  return outcomes.flatMap((one) => (one.status === 'written' ? [one.crmId] : []));
}
