import type { CallOptions, CrmIdentity } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { z } from 'zod';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { unknownToOrg, unreadable } from './errors.ts';
import { CurrencyRow, OrganizationRow, UserRow } from './schema.ts';
import type { Settings } from './settings.ts';
import { soql } from './soql.ts';

const connecting = { stage: 'connect', write: false } as const;

/** Which org this is, in which currency it counts, and under whose name we write. */
export async function identify(
  client: SalesforceClient,
  settings: Settings,
  options: CallOptions,
): Promise<CrmIdentity> {
  const text = soql({ from: 'Organization', fields: ['Id', 'Name', 'IsSandbox'], limit: 1 });
  const [organization] = await query(client, OrganizationRow, { ...connecting, soql: text }, options);
  if (!organization) throw unreadable(connecting, 'no Organization row');
  return {
    accountId: organization.Id,
    name: organization.Name,
    production: !organization.IsSandbox && !settings.sandbox,
    currency: await orgCurrency(client, settings, options),
    actsAs: await ownUsername(client, options),
  };
}

/** CurrencyType exists only with multi-currency; a single-currency org's REST API names its currency nowhere (README). */
async function orgCurrency(
  client: SalesforceClient,
  settings: Settings,
  options: CallOptions,
): Promise<string> {
  const text = soql({
    from: 'CurrencyType',
    fields: ['IsoCode'],
    where: [{ field: 'IsCorporate', is: true }],
    limit: 1,
  });
  let corporate: z.infer<typeof CurrencyRow> | undefined;
  try {
    [corporate] = await query(client, CurrencyRow, { ...connecting, soql: text }, options);
  } catch (error) {
    if (!(error instanceof SyncError) || error.details.vendorCode !== 'INVALID_TYPE') throw error;
  }
  const currency = corporate?.IsoCode ?? settings.currency;
  if (currency !== undefined) return currency;
  throw unknownToOrg(
    connecting,
    'the org has one currency and its API does not say which',
    'Set "currency" in the settings of the connection, for example USD.',
  );
}

async function ownUsername(client: SalesforceClient, options: CallOptions): Promise<string> {
  const { userId } = await client.sessions.current(connecting, options);
  const text = soql({ from: 'User', fields: ['Username'], where: [{ field: 'Id', oneOf: [userId] }] });
  const [user] = await query(client, UserRow, { ...connecting, soql: text }, options);
  return user?.Username ?? userId;
}
