import { formatAmount, formatDay, localesOf } from '../../platform/local-formats.ts';
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
  const amount = formatAmount(entry.amountMinor, entry.currency, locales);
  const total = formatAmount(entry.targetMinor, entry.currency, locales);
  const wonOn = formatDay(entry.wonAt, locales);
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

/** A line break in a name must not start a line of its own in a mail. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
