import { z } from 'zod';
import type { CallOptions, LinkOutcome, LinkWanted } from '../../src/crm/connector.ts';
import { capabilities } from './capabilities.ts';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { misuse, refusedItem, unreadable } from './errors.ts';
import { sameId } from './record-id.ts';
import { ItemResult, RoleRow } from './schema.ts';
import type { Settings } from './settings.ts';
import { soql } from './soql.ts';
import { DATA_PATH } from './versions.ts';

const purpose = { stage: 'link', write: true } as const;

interface WantedRole {
  link: LinkWanted;
  contactId: string;
  primary: boolean;
}

/**
 * Gives each opportunity its customer contact, as an OpportunityContactRole. Roles have no key of ours, so for a
 * deal that may have some already the set is read first and only what is missing is written. Account and partner
 * are lookup fields of the opportunity itself and travel with the mapping.
 */
export async function link(
  client: SalesforceClient,
  settings: Settings,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<readonly LinkOutcome[]> {
  if (links.length > capabilities.writeBatch) throw misuse(purpose, `${links.length} links in one call`);
  const wanted = await missingRoles(client, links, options);
  const refused = await createRoles(client, settings, wanted, options);
  return links.map(({ key }) => refused.get(key) ?? { key, status: 'linked' });
}

async function missingRoles(
  client: SalesforceClient,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<WantedRole[]> {
  const withContact = links.flatMap((one) =>
    one.contactId === undefined ? [] : [{ link: one, contactId: one.contactId }],
  );
  const known = await readRoles(
    client,
    withContact.filter((one) => !one.link.fresh).map((one) => one.link.dealId),
    options,
  );
  return withContact.flatMap(({ link: one, contactId }) => {
    const roles = one.fresh ? [] : (known.get(sameId(one.dealId)) ?? []);
    if (roles.some((role) => sameId(role.ContactId) === sameId(contactId))) return [];
    // A primary contact that a rep chose stays primary: setting another would demote it.
    return [{ link: one, contactId, primary: !roles.some((role) => role.IsPrimary) }];
  });
}

type Role = z.infer<typeof RoleRow>;

async function readRoles(
  client: SalesforceClient,
  dealIds: readonly string[],
  options: CallOptions,
): Promise<Map<string, Role[]>> {
  if (dealIds.length === 0) return new Map();
  const text = soql({
    from: 'OpportunityContactRole',
    fields: ['OpportunityId', 'ContactId', 'IsPrimary'],
    where: [{ field: 'OpportunityId', oneOf: dealIds }],
  });
  const rows = await query(client, RoleRow, { stage: 'link', write: false, soql: text }, options);
  const byDeal = new Map<string, Role[]>();
  for (const row of rows)
    byDeal.set(sameId(row.OpportunityId), [...(byDeal.get(sameId(row.OpportunityId)) ?? []), row]);
  return byDeal;
}

async function createRoles(
  client: SalesforceClient,
  settings: Settings,
  wanted: readonly WantedRole[],
  options: CallOptions,
): Promise<Map<string, LinkOutcome>> {
  if (wanted.length === 0) return new Map();
  const records = wanted.map(({ link: { dealId }, contactId, primary }) => ({
    attributes: { type: 'OpportunityContactRole' },
    OpportunityId: dealId,
    ContactId: contactId,
    IsPrimary: primary,
    ...(settings.contactRole === undefined ? {} : { Role: settings.contactRole }),
  }));
  const request = {
    ...purpose,
    method: 'POST',
    path: `${DATA_PATH}/composite/sobjects`,
    json: { allOrNone: false, records },
  } as const;
  const results = await client.read(z.array(ItemResult), request, options);
  if (results.length !== wanted.length)
    throw unreadable(purpose, `${results.length} results for ${wanted.length} contact roles`);
  const failed = wanted.flatMap(({ link: { key } }, index): [string, LinkOutcome][] => {
    const result = results[index];
    return result?.success
      ? []
      : [[key, { key, status: 'failed', error: refusedItem(result?.errors ?? [], purpose, false) }]];
  });
  return new Map(failed);
}
