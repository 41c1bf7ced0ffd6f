import { z } from 'zod';
import { isCurrency } from './exact.ts';

/** "12", "12.5", "0.0125": no sign, no exponent, no separators. */
export const Decimal = z.string().regex(/^\d{1,15}(\.\d{1,12})?$/, 'not a plain decimal number');
export const Percent = Decimal.refine(
  (text) => Number(text) <= 100,
  'a rate is a percentage between 0 and 100',
);
export const Currency = z.string().refine(isCurrency, 'not an ISO 4217 currency code');
export const Rate = z.strictObject({ rate: Percent });
