import { exponentOf, formatDecimal } from './money.ts';

/** How a country writes amounts and days. */
export interface Locales {
  amounts: string;
  dates: string;
}

/**
 * The country's main language writes the amounts (1.481,40 € in DE), always in the digits 0 to 9; English as used
 * there writes the dates. Unknown countries: as in the US. @param country ISO 3166, two letters
 */
export function localesOf(country: string | null): Locales {
  const region = (country ?? '').toUpperCase();
  if (!/^[A-Z]{2}$/.test(region)) return { amounts: 'en-US', dates: 'en-US' };
  const { language } = new Intl.Locale(`und-${region}`).maximize();
  return { amounts: `${language}-${region}-u-nu-latn`, dates: `en-${region}` };
}

export function formatAmount(minor: bigint, currency: string, { amounts }: Locales): string {
  // The text form is formatted digit by digit; a number would pass through a float.
  return amountFormat(amounts, currency).format(formatDecimal({ minor, currency }) as `${number}`);
}

/** The day in UTC, written out. */
export function formatDay(instant: Date, { dates }: Locales): string {
  return dateFormat(dates).format(instant);
}

/** Making a format costs a thousand times what using it does; there are few countries and currencies. */
const amountFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function amountFormat(locale: string, currency: string): Intl.NumberFormat {
  const known = amountFormats.get(`${locale} ${currency}`);
  if (known !== undefined) return known;
  const digits = exponentOf(currency);
  const limits = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, ...limits });
  amountFormats.set(`${locale} ${currency}`, format);
  return format;
}

function dateFormat(locale: string): Intl.DateTimeFormat {
  const known = dateFormats.get(locale);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  dateFormats.set(locale, format);
  return format;
}
