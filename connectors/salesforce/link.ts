import type { z } from 'zod';
import type { CallOptions, LinkOutcome, LinkWanted } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { TagResult } from '../../src/crm/tags.ts';
import { capabilities } from './capabilities.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { misuse, refusedItem } from './errors.ts';
import { sameId } from './record-id.ts';
import { RoleRow } from './schema.ts';
import type { Settings } from './settings.ts';
import { soql, splitBySize, valueSize } from './soql.ts';
import { applyTags } from './tag/apply.ts';
import { createRecords, linking } from './write-records.ts';

interface WantedRole {
  link: LinkWanted;
  contactId: string;
  primary: boolean;
}

/**
 * Gives each opportunity its customer contact, as an OpportunityContactRole. Roles have no key of ours, so for a
 * deal that may have some already the set is read first and only what is missing is written. Account and partner
 * are lookup fields of the opportunity itself and travel with the mapping. Then what marks the deal as a partner's.
 */
export async function link(
  client: SalesforceClient,
  settings: Settings,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<readonly LinkOutcome[]> {
  if (links.length > capabilities.linkBatch) throw misuse(linking, `${links.length} links in one call`);
  const wanted = await missingRoles(client, links, options);
  const refused = await createRoles(client, settings, wanted, options);
  const tagged = await applyTags(client, links, options);
  return links.map(({ key }) => toOutcome(key, refused.get(key), tagged.get(key)));
}

function toOutcome(key: string, refused: SyncError | undefined, tags: TagResult | undefined): LinkOutcome {
  const error = refused ?? tags?.error;
  const results = tags === undefined ? {} : { tags };
  return error === undefined
    ? { key, status: 'linked', ...results }
    : { key, status: 'failed', error, ...results };
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
): Promise<Map<string, SyncError>> {
  if (wanted.length === 0) return new Map();
  const records = wanted.map(({ link: { dealId }, contactId, primary }) => ({
    attributes: { type: 'OpportunityContactRole' },
    OpportunityId: dealId,
    ContactId: contactId,
    IsPrimary: primary,
    ...(settings.contactRole === undefined ? {} : { Role: settings.contactRole }),
  }));
  const results = await createRecords(client, records, options);
  const failed = wanted.flatMap(({ link: { key } }, index): [string, SyncError][] => {
    const result = results[index];
    if (result instanceof SyncError) return [[key, result]];
    return result?.success ? [] : [[key, refusedItem(result?.errors ?? [], linking, false)]];
  });
  return new Map(failed);
}
