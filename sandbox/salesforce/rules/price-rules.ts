import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { RecordRules } from './contract.ts';

/**
 * A price of a product in a price book.
 * Provoked by: a price in a custom price book before the standard one: STANDARD_PRICE_NOT_DEFINED;
 * a second price for the same product, price book and currency: DUPLICATE_VALUE.
 */
export const priceRules: RecordRules = {
  derive(org, values, before) {
    if (before !== undefined) return;
    const product = org.table('Product2').get(String(values['Product2Id']));
    values['Name'] = product?.['Name'] ?? null;
    values['ProductCode'] = product?.['ProductCode'] ?? null;
    const others = entriesOf(org, values);
    if (others.some((one) => one['Pricebook2Id'] === values['Pricebook2Id'])) {
      throw new DmlError('DUPLICATE_VALUE', 'This price definition already exists in this price book');
    }
    if (isStandard(org, values['Pricebook2Id'])) return;
    const standard = others.find((one) => isStandard(org, one['Pricebook2Id']));
    if (standard === undefined) {
      throw new DmlError(
        'STANDARD_PRICE_NOT_DEFINED',
        'Before creating a custom price, create a standard price.',
      );
    }
    if (values['UseStandardPrice'] === true) values['UnitPrice'] = standard['UnitPrice'] ?? null;
  },
};

function isStandard(org: Org, pricebookId: unknown): boolean {
  return org.table('Pricebook2').get(String(pricebookId))?.['IsStandard'] === true;
}

/** The product's other prices in the same currency. */
function entriesOf(org: Org, values: Values): Row[] {
  const table = org.table('PricebookEntry');
  const product = values['Product2Id'];
  if (typeof product !== 'string') return [];
  return [...(table.lookup('Product2Id', product) ?? [])].flatMap((id) => {
    const row = table.get(id);
    const counts =
      row?.['IsDeleted'] === false && row['CurrencyIsoCode'] === (values['CurrencyIsoCode'] ?? undefined);
    return counts ? [row] : [];
  });
}
