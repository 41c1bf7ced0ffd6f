import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { LeadPage, LeadState } from '../../../src/crm/leads.ts';
import type { SalesforceClient } from '../client.ts';
import { queries, query } from '../query.ts';
import { Instant } from '../schema.ts';
import { apiName, soql, splitBySize, valueSize, type Condition } from '../soql.ts';

const PAGE = 2000;
const purpose = { stage: 'poll', write: false } as const;
/** The opportunity that a conversion makes is as old as the conversion; one that is older was chosen. */
const SAME_MOMENT_MS = 60_000;

const LeadRow = z.looseObject({
  Id: z.string(),
  IsDeleted: z.boolean(),
  IsConverted: z.boolean(),
  ConvertedOpportunityId: z.string().nullish(),
  /** A converted lead cannot be changed any more (facts 1.4, CANNOT_UPDATE_CONVERTED_LEAD): this is when it was converted. */
  LastModifiedDate: Instant,
});
type LeadRow = z.infer<typeof LeadRow>;
const DealRow = z.object({ Id: z.string(), CreatedDate: Instant });

/** One call per page, and one more where leads of it were converted. */
export async function pollLeads(
  client: SalesforceClient,
  object: string,
  keyField: string,
  window: { from: Date; to: Date; after?: string },
  options: CallOptions,
): Promise<LeadPage> {
  const where: Condition[] = [
    { field: 'SystemModstamp', comparison: '>=', to: window.from },
    { field: 'SystemModstamp', comparison: '<', to: window.to },
    { field: keyField, present: true },
    ...(window.after === undefined ? [] : [{ field: 'Id', comparison: '>' as const, to: window.after }]),
  ];
  const fields = [
    'Id',
    'IsDeleted',
    'IsConverted',
    'ConvertedOpportunityId',
    'LastModifiedDate',
    apiName(keyField),
  ];
  const text = soql({ from: object, fields, where, orderBy: ['Id'], limit: PAGE });
  const rows = await query(client, LeadRow, { ...purpose, soql: text, deleted: true }, options);
  const born = await creationOf(client, rows, options);
  const leads = rows.map((row) => toState(row, keyField, born));
  const last = rows.length === PAGE ? rows.at(-1)?.Id : undefined;
  return last === undefined ? { leads } : { leads, next: last };
}

async function creationOf(
  client: SalesforceClient,
  rows: readonly LeadRow[],
  options: CallOptions,
): Promise<ReadonlyMap<string, Date>> {
  const ids = rows.flatMap((row) => (row.ConvertedOpportunityId ? [row.ConvertedOpportunityId] : []));
  if (ids.length === 0) return new Map();
  const texts = splitBySize(ids, valueSize).map((oneOf) =>
    soql({ from: 'Opportunity', fields: ['Id', 'CreatedDate'], where: [{ field: 'Id', oneOf }] }),
  );
  const deals = await queries(client, DealRow, { ...purpose, soql: texts }, options);
  return new Map(deals.map((deal) => [deal.Id, deal.CreatedDate]));
}

function toState(row: LeadRow, keyField: string, born: ReadonlyMap<string, Date>): LeadState {
  const dealCrmId = row.ConvertedOpportunityId ?? null;
  const createdAt = born.get(dealCrmId ?? '')?.getTime() ?? Number.POSITIVE_INFINITY;
  const existedBefore = createdAt < row.LastModifiedDate.getTime() - SAME_MOMENT_MS;
  return {
    crmId: row.Id,
    key: String(row[keyField]),
    deleted: row.IsDeleted,
    converted: row.IsConverted ? { dealCrmId, existedBefore } : null,
  };
}
