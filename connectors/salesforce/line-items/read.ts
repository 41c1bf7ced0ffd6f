import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { DealLineItem } from '../../../src/crm/line-items.ts';
import type { SalesforceClient } from '../client.ts';
import { queries } from '../query.ts';
import { fullId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';

const purpose = { stage: 'read', write: false } as const;

const LineItemRow = z.looseObject({
  Id: z.string(),
  OpportunityId: z.string(),
  Product2Id: z.string().nullish(),
  ProductCode: z.string().nullish(),
  Quantity: z.number(),
  UnitPrice: z.number().nullish(),
  TotalPrice: z.number().nullish(),
  ServiceDate: z.string().nullish(),
  CurrencyIsoCode: z.string().nullish(),
});
type LineItemRow = z.infer<typeof LineItemRow>;
const ProductRow = z.object({ Id: z.string(), Name: z.string().nullish(), Family: z.string().nullish() });
type ProductRow = z.infer<typeof ProductRow>;

/**
 * The products of these opportunities: one query for them, one for what they are (more only where the ids would not fit a
 * URL). `TotalPrice` is what Salesforce rolls up into `Amount`, discount included (facts 1.9; object reference,
 * OpportunityLineItem).
 */
export async function readLineItems(
  client: SalesforceClient,
  dealIds: readonly string[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly DealLineItem[]>> {
  const rows = await readRows(client, dealIds, withCurrency, options);
  const products = await readProducts(client, rows, options);
  const byDeal = new Map<string, DealLineItem[]>();
  for (const row of [...rows].sort((a, b) => (a.Id < b.Id ? -1 : 1))) {
    const dealId = fullId(row.OpportunityId);
    byDeal.set(dealId, [...(byDeal.get(dealId) ?? []), toLineItem(row, products.get(row.Product2Id ?? ''))]);
  }
  return byDeal;
}

async function readRows(
  client: SalesforceClient,
  dealIds: readonly string[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<LineItemRow[]> {
  if (dealIds.length === 0) return [];
  const fields = [
    'Id',
    'OpportunityId',
    'Product2Id',
    'ProductCode',
    'Quantity',
    'UnitPrice',
    'TotalPrice',
    'ServiceDate',
    ...(withCurrency ? ['CurrencyIsoCode'] : []),
  ];
  const texts = splitBySize(dealIds, valueSize).map((oneOf) =>
    soql({ from: 'OpportunityLineItem', fields, where: [{ field: 'OpportunityId', oneOf }] }),
  );
  return queries(client, LineItemRow, { ...purpose, soql: texts }, options);
}

async function readProducts(
  client: SalesforceClient,
  rows: readonly LineItemRow[],
  options: CallOptions,
): Promise<ReadonlyMap<string, ProductRow>> {
  const ids = [...new Set(rows.flatMap((row) => (row.Product2Id ? [row.Product2Id] : [])))];
  if (ids.length === 0) return new Map();
  const texts = splitBySize(ids, valueSize).map((oneOf) =>
    soql({ from: 'Product2', fields: ['Id', 'Name', 'Family'], where: [{ field: 'Id', oneOf }] }),
  );
  const products = await queries(client, ProductRow, { ...purpose, soql: texts }, options);
  return new Map(products.map((product) => [product.Id, product]));
}

function toLineItem(row: LineItemRow, product: ProductRow | undefined): DealLineItem {
  return {
    id: row.Id,
    code: row.ProductCode ?? null,
    name: product?.Name ?? null,
    family: product?.Family ?? null,
    quantity: decimal(row.Quantity),
    unitPrice: row.UnitPrice === null || row.UnitPrice === undefined ? null : decimal(row.UnitPrice),
    total: decimal(row.TotalPrice ?? 0),
    date: row.ServiceDate ?? null,
    currency: row.CurrencyIsoCode ?? null,
  };
}

/** Two decimals and 16 digits before them at most (object reference), so the shortest text is the exact one; never 1e21. */
function decimal(value: number): string {
  const text = String(value);
  return text.includes('e') ? BigInt(Math.round(value)).toString() : text;
}
