import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { UnregisteredDeal, UnregisteredWanted } from '../../src/crm/unregistered.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { apiName, soql, type Condition } from './soql.ts';

const purpose = { stage: 'poll', write: false } as const;
/** A look tells people of some records; it is no way to copy an org. */
const MOST = 2000;

const Row = z.looseObject({
  Id: z.string(),
  Name: z.string().nullish(),
  AccountId: z.string().nullish(),
  IsClosed: z.boolean(),
  IsWon: z.boolean(),
  Amount: z.number().nullish(),
  CurrencyIsoCode: z.string().nullish(),
  CloseDate: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

/** One call, whatever is looked for: a query per question, together in one composite request. */
export async function findUnregistered(
  client: SalesforceClient,
  wanted: UnregisteredWanted,
  options: CallOptions,
): Promise<readonly UnregisteredDeal[]> {
  const { tagField, renewals } = wanted;
  const texts = [
    ...(tagField === null ? [] : [question(wanted, { field: tagField, present: true })]),
    ...(renewals === null ? [] : [question(wanted, { field: renewals.field, oneOf: renewals.values })]),
  ];
  if (texts.length === 0) return [];
  const rows = await queries(client, Row, { ...purpose, soql: texts }, options);
  return [...new Map(rows.map((row) => [row.Id, toDeal(row, wanted)])).values()];
}

function question({ object, keyField, window, ...wanted }: UnregisteredWanted, what: Condition): string {
  const fields = new Set([
    'Id',
    'Name',
    'AccountId',
    'IsClosed',
    'IsWon',
    'Amount',
    'CloseDate',
    ...(wanted.withCurrency ? ['CurrencyIsoCode'] : []),
    ...(wanted.tagField === null ? [] : [apiName(wanted.tagField)]),
    ...(wanted.renewals === null ? [] : [apiName(wanted.renewals.field)]),
  ]);
  const where: Condition[] = [
    { field: 'SystemModstamp', comparison: '>=', to: window.from },
    { field: 'SystemModstamp', comparison: '<', to: window.to },
    { field: keyField, absent: true },
    what,
  ];
  return soql({ from: object, fields: [...fields], where, orderBy: ['Id'], limit: MOST });
}

function toDeal(row: Row, { tagField, renewals }: UnregisteredWanted): UnregisteredDeal {
  const tag = tagField === null ? null : row[tagField];
  const kind = renewals === null ? undefined : row[renewals.field];
  return {
    crmId: row.Id,
    name: row.Name ?? row.Id,
    tag: typeof tag === 'string' && tag !== '' ? tag : null,
    renewal: typeof kind === 'string' && renewals?.values.includes(kind) === true,
    accountId: row.AccountId ?? null,
    closed: row.IsClosed,
    won: row.IsWon,
    amount: typeof row.Amount === 'number' ? String(row.Amount) : null,
    currency: row.CurrencyIsoCode ?? null,
    closeDate: row.CloseDate ?? null,
  };
}
