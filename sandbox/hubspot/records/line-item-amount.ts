import { Decimal } from 'decimal.js';
import type { Values } from './record.ts';

/** Net price of a line item as HubSpot calculates it: quantity × (unit price − discount), exact; {} without a price. */
export function lineItemAmount(values: Values): Values {
  const { price = '', quantity = '', discount = '', hs_discount_percentage: percentage = '' } = values;
  if (price === '') return {};
  const unit = new Decimal(price);
  const off = percentage === '' ? new Decimal(discount || 0) : unit.times(percentage).div(100);
  return {
    amount: unit
      .minus(off)
      .times(quantity || 1)
      .toFixed(),
  };
}
