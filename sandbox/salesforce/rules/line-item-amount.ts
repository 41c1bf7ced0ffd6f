import { DmlError } from '../dml/dml-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';

const ROLLED_UP = ['Amount', 'TotalOpportunityQuantity'];
const FIXED_BY_LINE_ITEMS = ['Pricebook2Id', 'CurrencyIsoCode'];

/**
 * Keeps callers from writing what the line items of an opportunity decide. Its amount is silently left as it is
 * (vendor's object reference: the update is not rejected), or refused, by `settings.lineItemAmount`;
 * another price book or currency is always refused.
 * Provoked by: an update of `Amount`, `Pricebook2Id` or `CurrencyIsoCode` of an opportunity with line items.
 */
export function protectLineItems(org: Org, type: ObjectType, values: Values, before: Row): void {
  if (type.name !== 'Opportunity' || before['HasOpportunityLineItem'] !== true) return;
  for (const name of FIXED_BY_LINE_ITEMS) {
    if (values[name] === undefined || (values[name] ?? undefined) === before[name]) continue;
    throw new DmlError(
      'FIELD_INTEGRITY_EXCEPTION',
      `field integrity exception: ${name} (opportunity has line items)`,
      [name],
    );
  }
  for (const name of ROLLED_UP) {
    if (values[name] === undefined) continue;
    if (org.settings.lineItemAmount === 'refused') {
      throw new DmlError(
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        `Unable to create/update fields: ${name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
        [name],
      );
    }
    Reflect.deleteProperty(values, name);
  }
}
