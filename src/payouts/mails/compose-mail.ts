import { exponentOf, formatDecimal } from '../../platform/money.ts';
import type { AnnouncedEntry } from '../announced-entry.ts';
import type { DealFacts, PartnerFacts } from '../load-parties.ts';

export interface ComposedMail {
  subject: string;
  body: string;
}

const HEADLINES = {
  accrued: 'You earned a commission',
  adjusted: 'Your commission changed',
  reversed: 'A commission was taken back',
} as const;

/**
 * What the partner reads: the amount in the way their country writes it, and why. English; only amounts and the order
 * of dates follow the country.
 */
export function composeMail(entry: AnnouncedEntry, deal: DealFacts, partner: PartnerFacts): ComposedMail {
  const locales = localesOf(partner.country);
  const amount = localAmount(entry.amountMinor, entry.currency, locales.amounts);
  const total = localAmount(entry.targetMinor, entry.currency, locales.amounts);
  const wonOn = dateFormat(locales.dates).format(entry.wonAt);
  const name = oneLine(deal.name);
  return {
    subject: `${HEADLINES[entry.kind]}: ${amount} for ${name}`,
    body: [
      `Hello ${oneLine(partner.name)},`,
      '',
      `${HEADLINES[entry.kind]} for the deal "${name}" (${oneLine(deal.sourceRef)}), won on ${wonOn}.`,
      '',
      `  This entry:        ${amount}`,
      `  Commission in all: ${total}`,
      '',
      `Why: ${entry.explanation}.`,
      `Plan: ${entry.plan.key}, version ${entry.plan.version}. Entry: ${entry.id}`,
      '',
    ].join('\n'),
  };
}

/**
 * The country's main language writes the amounts (1.481,40 € in DE), always in the digits 0 to 9; English as used
 * there writes the dates. Unknown countries: as in the US.
 */
function localesOf(country: string | null): { amounts: string; dates: string } {
  const region = (country ?? '').toUpperCase();
  if (!/^[A-Z]{2}$/.test(region)) return { amounts: 'en-US', dates: 'en-US' };
  const { language } = new Intl.Locale(`und-${region}`).maximize();
  return { amounts: `${language}-${region}-u-nu-latn`, dates: `en-${region}` };
}

function localAmount(minor: bigint, currency: string, locale: string): string {
  // The text form is formatted digit by digit; a number would pass through a float.
  return amountFormat(locale, currency).format(formatDecimal({ minor, currency }) as `${number}`);
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

/** A line break in a name must not start a line of its own in a mail. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
