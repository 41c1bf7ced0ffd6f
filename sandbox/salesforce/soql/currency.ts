import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import type { Column } from './column.ts';
import { parentOf } from './column.ts';

/** Units of each currency per unit of the corporate one, as the org's CurrencyType rows say now. Empty without multiple currencies. */
export function currencyRates(org: Org): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  if (org.preset.currencies.length === 0) return rates;
  const table = org.table('CurrencyType');
  for (const id of table.ids) {
    const row = table.get(id);
    if (row !== undefined) rates.set(String(row['IsoCode']), Number(row['ConversionRate']));
  }
  return rates;
}

/** Reads a currency field in another currency; the record's own `CurrencyIsoCode` says what it is in. */
export function readConverted(org: Org, column: Column, target: string): Column['read'] {
  const rates = currencyRates(org);
  const to = rates.get(target) ?? 1;
  return (row) => {
    const amount: Value | undefined = column.read(row);
    if (typeof amount !== 'number') return undefined;
    const from = rates.get(currencyOf(org, column, row)) ?? to;
    return withoutNoise((amount / from) * to);
  };
}

/** The currency of the record that holds a column's value. */
export function currencyOf(org: Org, column: Column, row: Row): string {
  let current: Row | undefined = row;
  for (const step of column.path) current = parentOf(org, step, current)?.row;
  return String(current?.['CurrencyIsoCode'] ?? corporateCurrency(org) ?? '');
}

/** The org's own currency; undefined without multiple currencies. */
export function corporateCurrency(org: Org): string | undefined {
  return org.preset.currencies[0]?.code;
}

/** The currency amounts are converted to for a user. */
export function userCurrency(org: Org, userId: string | undefined): string {
  const row = userId === undefined ? undefined : org.table('User').get(userId);
  return String(row?.['DefaultCurrencyIsoCode'] ?? corporateCurrency(org) ?? '');
}

/** Sums of doubles carry an error in the last digits; nobody is to see it. */
export function withoutNoise(value: number): number {
  return Number(value.toPrecision(15));
}
