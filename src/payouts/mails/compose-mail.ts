import { exponentOf, formatDecimal } from '../../platform/money.ts';
import type { AnnouncedEntry } from '../announce-entries.ts';
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
 * What the partner reads: the amount in the way their country writes it, and why. English throughout; only numbers,
 * currencies and dates follow the country.
 */
export function composeMail(entry: AnnouncedEntry, deal: DealFacts, partner: PartnerFacts): ComposedMail {
  const locale = localeOf(partner.country);
  const amount = localAmount(entry.amountMinor, entry.currency, locale);
  const total = localAmount(entry.targetMinor, entry.currency, locale);
  const wonOn = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(entry.wonAt);
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

/** English as it is written in that country: en-DE writes 4.800,00 €. Unknown countries: en-US. */
function localeOf(country: string | null): string {
  const locale = `en-${(country ?? '').toUpperCase()}`;
  if (!/^en-[A-Z]{2}$/.test(locale)) return 'en-US';
  return Intl.NumberFormat.supportedLocalesOf(locale)[0] ?? 'en-US';
}

function localAmount(minor: bigint, currency: string, locale: string): string {
  const digits = exponentOf(currency);
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // The text form is formatted digit by digit; a number would pass through a float.
  return format.format(formatDecimal({ minor, currency }) as `${number}`);
}

/** A line break in a name must not start a line of its own in a mail. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
