import { z } from 'zod';
import type { CallOptions, LinkOutcome, LinkWanted } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { capabilities } from './capabilities.ts';
import { check, type SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { misuse, refusedCall, refusedItem, unreadable } from './errors.ts';
import { sameId } from './record-id.ts';
import { CompositeAnswer, ItemResult, RoleRow } from './schema.ts';
import type { Settings } from './settings.ts';
import { soql, splitBySize, valueSize } from './soql.ts';
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
  if (links.length > capabilities.linkBatch) throw misuse(purpose, `${links.length} links in one call`);
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
  const texts = splitBySize(dealIds, valueSize).map((oneOf) =>
    soql({
      from: 'OpportunityContactRole',
      fields: ['OpportunityId', 'ContactId', 'IsPrimary'],
      where: [{ field: 'OpportunityId', oneOf }],
    }),
  );
  const rows = await queries(client, RoleRow, { stage: 'link', write: false, soql: texts }, options);
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
  const results = await createRecords(client, records, options);
  const failed = wanted.flatMap(({ link: { key } }, index): [string, LinkOutcome][] => {
    const result = results[index];
    if (result instanceof SyncError) return [[key, { key, status: 'failed', error: result }]];
    if (result?.success) return [];
    const error = refusedItem(result?.errors ?? [], purpose, false);
    return [[key, { key, status: 'failed', error }]];
  });
  return new Map(failed);
}

/**
 * One result per record. Up to 200 records are one collection; a composite request carries up to five collections in one
 * call (facts 1.3), each of which is answered for itself.
 */
async function createRecords(
  client: SalesforceClient,
  records: readonly object[],
  options: CallOptions,
): Promise<(ItemResult | SyncError)[]> {
  const collections = split(records, capabilities.writeBatch);
  const [only] = collections;
  if (collections.length === 1 && only !== undefined) {
    const request = { ...purpose, method: 'POST', path: COLLECTION, json: bodyOf(only) } as const;
    return checked(await client.read(z.array(ItemResult), request, options), only.length);
  }
  const compositeRequest = collections.map((collection, index) => ({
    method: 'POST',
    url: COLLECTION,
    referenceId: `collection${index}`,
    body: bodyOf(collection),
  }));
  const json = { allOrNone: false, compositeRequest };
  const request = { ...purpose, method: 'POST', path: `${DATA_PATH}/composite`, json } as const;
  const { compositeResponse } = await client.read(CompositeAnswer, request, options);
  if (compositeResponse.length !== collections.length) throw unreadable(purpose, 'not one answer per part');
  return collections.flatMap((collection, index): (ItemResult | SyncError)[] => {
    const { httpStatusCode = 0, body } = compositeResponse[index] ?? {};
    if (httpStatusCode === 200) return checked(check(z.array(ItemResult), body, purpose), collection.length);
    // The other parts were carried out: the whole call must not count as refused.
    const refusal = refusedCall({ status: httpStatusCode, headers: {}, body }, purpose);
    return collection.map(() => refusal);
  });
}

const COLLECTION = `${DATA_PATH}/composite/sobjects`;

function bodyOf(records: readonly object[]): object {
  return { allOrNone: false, records };
}

function checked(results: ItemResult[], records: number): ItemResult[] {
  if (results.length === records) return results;
  throw unreadable(purpose, `${results.length} results for ${records} contact roles`);
}

function split<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_none, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
