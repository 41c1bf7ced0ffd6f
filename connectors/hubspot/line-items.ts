import type { CallOptions } from '../../src/crm/connector.ts';
import type { DealLineItem } from '../../src/crm/line-items.ts';
import type { Caller } from './call.ts';
import { readAssociations } from './read-associations.ts';
import { readBatch } from './read-batch.ts';
import type { StoredRecord } from './schema.ts';

const site = { stage: 'read', write: false } as const;
/** The most ids of one read. */
const READ = 100;
const FIELDS = [
  'name',
  'hs_sku',
  'quantity',
  'price',
  'amount',
  'hs_line_item_currency_code',
  'hs_recurring_billing_start_date',
];

/**
 * The products of these deals: what hangs on them, then the items themselves. `amount` is HubSpot's own net price of the line,
 * quantity and discounts included, as exact text.
 */
export async function readLineItems(
  call: Caller,
  dealIds: readonly string[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly DealLineItem[]>> {
  if (dealIds.length === 0) return new Map();
  const ends = { from: 'deals', to: 'line_items', ids: dealIds };
  const hanging = await readAssociations(call, site, ends, options);
  const ids = [...new Set([...hanging.values()].flatMap((items) => [...items.keys()]))];
  const records = new Map<string, StoredRecord>();
  for (let start = 0; start < ids.length; start += READ) {
    const part = ids.slice(start, start + READ);
    const batch = await readBatch(call, { object: 'line_items', ids: part, fields: FIELDS, site }, options);
    for (const record of batch.records) records.set(record.id, record);
  }
  return new Map(
    [...hanging].map(([dealId, items]) => {
      const read = [...items.keys()].flatMap((id) => records.get(id) ?? []);
      const inOrder = read.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
      return [dealId, inOrder.map((record) => toLineItem(record, withCurrency))];
    }),
  );
}

function toLineItem({ id, properties }: StoredRecord, withCurrency: boolean): DealLineItem {
  const held = (name: string): string | null => {
    const value = properties[name] ?? null;
    return value === null || value === '' ? null : String(value);
  };
  return {
    id,
    code: held('hs_sku'),
    name: held('name'),
    family: null,
    // HubSpot counts an empty quantity as one.
    quantity: held('quantity') ?? '1',
    unitPrice: held('price'),
    total: held('amount') ?? '0',
    date: held('hs_recurring_billing_start_date'),
    currency: withCurrency ? held('hs_line_item_currency_code') : null,
  };
}
