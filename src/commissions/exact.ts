import { Decimal } from 'decimal.js';
import { exponentOf, MoneyError } from '../platform/money.ts';

/**
 * Decimal with room for every product the rules allow: 15 + 12 digits in a plan, 19 in an amount, twice over. The
 * library's default of 20 significant digits would round in between.
 */
export const Exact = Decimal.clone({ precision: 120, rounding: Decimal.ROUND_HALF_UP });
export type Exact = Decimal;

/** @throws Error for an amount that is not rounded to the smallest unit of its currency */
export function toMinor(amount: Exact, currency: string): bigint {
  const minor = amount.times(new Exact(10).pow(exponentOf(currency)));
  if (!minor.isInteger())
    throw new Error(`${amount.toFixed()} ${currency} is not rounded to its smallest unit`);
  return BigInt(minor.toFixed());
}

/** For people: "4,800.00", with every decimal the amount has and at least those of the currency. */
export function readable(amount: string, currency: string): string {
  const [whole = '0', fraction = ''] = new Exact(amount).toFixed().split('.');
  const decimals = fraction.padEnd(exponentOf(currency), '0');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === '' ? grouped : `${grouped}.${decimals}`;
}

/** Whether ISO 4217 knows the code. */
export function isCurrency(code: string): boolean {
  try {
    exponentOf(code);
    return true;
  } catch (error) {
    if (error instanceof MoneyError) return false;
    throw error;
  }
}
