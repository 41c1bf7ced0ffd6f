import type { Connector } from '../../src/crm/connector.ts';
import { soon } from './open-connector.ts';
import type { Portal } from './portal.ts';

/** What the connector offers beyond the straight path of a deal: notes, labels, owners, products, references, removal. */
export async function driveExtras(
  connector: Connector,
  portal: Portal,
  deals: readonly string[],
): Promise<void> {
  const [deal = ''] = deals;
  const { ids } = (await portal.admin('POST', '/seed', {
    object: 'companies',
    records: [{ name: 'Customer' }, { name: 'Partner', hubspot_owner_id: '81000012' }],
  })) as { ids: string[] };
  const [accountId = '', partnerAccountId = ''] = ids;
  await tag(connector, deal, accountId, partnerAccountId);
  const wanted = { object: 'companies', accountIds: ids, accountField: 'country' };
  await connector.readOwners?.({ ...wanted, usernames: ['lena.vogt@vendor.example'] }, soon());
  await connector.readRecords?.('companies', [...ids, '1'], ['name'], soon());
  await connector.readReferences?.(
    {
      kind: 'account',
      object: 'companies',
      keyField: 'tributary_account_key',
      fields: [],
      crmIds: [accountId, '1'],
    },
    soon(),
  );
  await sell(connector, portal, deal);
  const now = Date.now();
  const window = { from: new Date(now - 3_600_000), to: new Date(now + 60_000) };
  const renewals = { field: 'dealtype', values: ['existingbusiness'] };
  const common = { object: 'deals', keyField: 'tributary_deal_id', tagField: 'tributary_partner' };
  await connector.findUnregistered?.({ ...common, renewals, withCurrency: true, window }, soon());
  const customer = { company: 'Customer', domain: 'acme.example', email: 'a@acme.example' };
  await connector.findConflicts?.('deals', 'tributary_deal_id', customer, soon());
  await connector.removal?.inspect('deals', deals, soon());
  await connector.removal?.remove([deals.at(-1) ?? '', '1'], soon());
}

/** A note that is made, looked for, changed, and gone. */
async function tag(
  connector: Connector,
  dealId: string,
  accountId: string,
  partnerAccountId: string,
): Promise<void> {
  const note = { title: `Deal ${dealId}`, text: 'Registered\nby a partner', object: 'notes' };
  const links = (fresh: boolean, known: { crmId?: string }) => [
    {
      key: 'k',
      dealId,
      accountId,
      partnerAccountId,
      fresh,
      tags: { note: { ...note, ...known }, ours: none },
    },
  ];
  const [made] = await connector.link(links(true, {}), soon());
  const kept = made?.tags?.note;
  await connector.link(links(false, {}), soon());
  await connector.link(links(false, typeof kept === 'object' ? kept : {}), soon());
  await connector.link(links(false, { crmId: '1' }), soon());
  const names = { campaigns: [], users: [], roles: [], partnerAccountField: false };
  await connector.resolveNames?.({ ...names, children: ['partner'], note: true }, soon());
}

const none = { partner: [], 'deal-team': [] };

async function sell(connector: Connector, portal: Portal, dealId: string): Promise<void> {
  await portal.admin('POST', '/seed', {
    object: 'line_items',
    records: [{ name: 'Seats', quantity: '2', price: '10', associations: { deals: [dealId] } }],
  });
  await connector.readLineItems?.([dealId, '1'], true, soon());
}
