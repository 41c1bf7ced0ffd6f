import { z } from 'zod';
import type { CallOptions, LinkWanted } from '../../../src/crm/connector.ts';
import type { TagResult } from '../../../src/crm/tags.ts';
import type { SalesforceClient } from '../client.ts';
import { queries } from '../query.ts';
import { sameId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';

/** Read-only, and only where the partner licence is: the partner account of the opportunity's owner (facts 1.9). */
export const PARTNER_ACCOUNT_FIELD = 'PartnerAccountId';

const Row = z.object({ Id: z.string(), [PARTNER_ACCOUNT_FIELD]: z.string().nullish() });

/** What Salesforce itself holds as each deal's partner, by deal key. */
export async function readPartnerAccounts(
  client: SalesforceClient,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<Map<string, NonNullable<TagResult['partnerAccount']>>> {
  const asked = links.filter((link) => link.tags?.partnerAccountField !== undefined);
  if (asked.length === 0) return new Map();
  const texts = splitBySize(
    asked.map(({ dealId }) => dealId),
    valueSize,
  ).map((oneOf) =>
    soql({ from: 'Opportunity', fields: ['Id', PARTNER_ACCOUNT_FIELD], where: [{ field: 'Id', oneOf }] }),
  );
  const rows = await queries(client, Row, { stage: 'link', write: false, soql: texts }, options);
  const byId = new Map(rows.map((row) => [sameId(row.Id), row[PARTNER_ACCOUNT_FIELD] ?? null]));
  return new Map(
    asked.map(({ key, dealId, tags }) => {
      const held = byId.get(sameId(dealId)) ?? null;
      const expected = tags?.partnerAccountField?.expected ?? null;
      const agrees = held === null || expected === null || sameId(held) === sameId(expected);
      return [key, { held, agrees }];
    }),
  );
}
