import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { EditRecord, RecordRules } from './contract.ts';

/**
 * A line item sells a product at a price of the opportunity's price book; the opportunity's amount is the sum of its line items.
 * Provoked by: an entry of another price book or currency, or an inactive one: FIELD_INTEGRITY_EXCEPTION.
 */
export const lineItemRules: RecordRules = {
  derive(org, values, before) {
    if (before === undefined) addProduct(org, values);
    addTotal(values, before);
  },
  followUp(org, _transaction, after, _before, edit) {
    rollUp(org, after['OpportunityId'], edit);
  },
  afterDelete(org, _transaction, row, edit) {
    rollUp(org, row['OpportunityId'], edit);
  },
};

function addProduct(org: Org, values: Values): void {
  const opportunity = org.table('Opportunity').get(String(values['OpportunityId']));
  if (opportunity === undefined) return;
  const entry = entryOf(org, values, opportunity);
  checkEntry(entry, opportunity);
  const product = org.table('Product2').get(String(entry['Product2Id']));
  values['PricebookEntryId'] = entry['Id'] as string;
  values['Product2Id'] = entry['Product2Id'] ?? null;
  values['ProductCode'] = product?.['ProductCode'] ?? null;
  values['ListPrice'] = entry['UnitPrice'] ?? null;
  values['Name'] = `${String(opportunity['Name'])} ${String(product?.['Name'] ?? '')}`.trim();
}

function entryOf(org: Org, values: Values, opportunity: Row): Row {
  const table = org.table('PricebookEntry');
  const named = values['PricebookEntryId'];
  const found = typeof named === 'string' ? table.get(named) : entryOfProduct(org, values, opportunity);
  if (found !== undefined) return found;
  throw integrity('PricebookEntryId', 'must specify either pricebook entry id or product id');
}

function entryOfProduct(org: Org, values: Values, opportunity: Row): Row | undefined {
  const table = org.table('PricebookEntry');
  const product = values['Product2Id'];
  if (typeof product !== 'string') return undefined;
  for (const id of table.lookup('Product2Id', product) ?? []) {
    const row = table.get(id);
    const fits =
      row?.['Pricebook2Id'] === opportunity['Pricebook2Id'] &&
      row?.['CurrencyIsoCode'] === opportunity['CurrencyIsoCode'];
    if (fits && row?.['IsDeleted'] !== true) return row;
  }
  return undefined;
}

function checkEntry(entry: Row, opportunity: Row): void {
  if (entry['Pricebook2Id'] !== opportunity['Pricebook2Id']) {
    throw integrity(
      'PricebookEntryId',
      'pricebook entry is in a different pricebook than the one assigned to the opportunity',
    );
  }
  if (entry['IsActive'] !== true) throw integrity('PricebookEntryId', 'pricebook entry is inactive');
  if (entry['CurrencyIsoCode'] !== opportunity['CurrencyIsoCode']) {
    throw integrity(
      'PricebookEntryId',
      'pricebook entry currency code does not match opportunity currency code',
    );
  }
}

function addTotal(values: Values, before: Row | undefined): void {
  const current = (name: string) => (values[name] === undefined ? before?.[name] : values[name]) ?? null;
  const quantity = Number(current('Quantity'));
  if (quantity === 0) throw integrity('Quantity', 'quantity must not be zero');
  const share = 1 - Number(current('Discount') ?? 0) / 100;
  const gaveTotal = values['TotalPrice'] !== undefined && values['TotalPrice'] !== null;
  const gaveUnit = values['UnitPrice'] !== undefined && values['UnitPrice'] !== null;
  if (gaveTotal && gaveUnit) throw integrity('TotalPrice', 'cannot specify both unit price and total price');
  if (gaveTotal) values['UnitPrice'] = cents(Number(values['TotalPrice']) / (quantity * share || 1));
  else if (typeof current('UnitPrice') === 'number')
    values['TotalPrice'] = cents(Number(current('UnitPrice')) * quantity * share);
  else
    throw new DmlError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [UnitPrice]', ['UnitPrice']);
}

function cents(amount: number): number {
  return Math.round((amount + Number.EPSILON) * 100) / 100;
}

/** Writes the sums into the opportunity. Once the last line item is gone the amount stays, and can be written again. */
function rollUp(org: Org, opportunityId: unknown, edit: EditRecord): void {
  const opportunities = org.table('Opportunity');
  const row = opportunities.get(String(opportunityId));
  if (row === undefined || row['IsDeleted'] === true) return;
  const items = liveItems(org, row['Id'] as string);
  const sum = (name: string) => cents(items.reduce((total, item) => total + Number(item[name] ?? 0), 0));
  const values: Values =
    items.length === 0
      ? { HasOpportunityLineItem: false }
      : {
          HasOpportunityLineItem: true,
          Amount: sum('TotalPrice'),
          TotalOpportunityQuantity: sum('Quantity'),
        };
  if (Object.keys(values).some((name) => row[name] !== values[name])) edit(opportunities.type, row, values);
}

function liveItems(org: Org, opportunityId: string): Row[] {
  const table = org.table('OpportunityLineItem');
  return [...(table.lookup('OpportunityId', opportunityId) ?? [])].flatMap((id) => {
    const item = table.get(id);
    return item === undefined || item['IsDeleted'] === true ? [] : [item];
  });
}

function integrity(field: string, what: string): DmlError {
  return new DmlError('FIELD_INTEGRITY_EXCEPTION', `field integrity exception: ${field} (${what})`, [field]);
}
