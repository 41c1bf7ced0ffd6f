import type { FieldValue } from '../crm/connector.ts';

/**
 * Whether a CRM that was sent `sent` and shows `found` holds the same value. CRMs give values back in their own form:
 * numbers for decimal texts, texts for numbers and booleans, null for an empty text, an instant in another notation,
 * an id with three more characters. What is the same value in another form is no change.
 */
export function sameValue(sent: FieldValue, found: FieldValue): boolean {
  const [a, b] = [canonical(sent), canonical(found)];
  return a === b || sameDay(a, b) || sameRecordId(a, b);
}

const plainDecimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;

function canonical(value: FieldValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return canonicalDecimal(plainNumber(value));
  const text = String(value).replaceAll('\r\n', '\n').trim();
  if (plainDecimal.test(text)) return canonicalDecimal(text);
  return instant.test(text) ? canonicalInstant(text) : text;
}

function canonicalInstant(text: string): string {
  const date = new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

/** Without the exponent in which JavaScript writes very small and very large numbers. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(6) : text;
}

function canonicalDecimal(text: string): string {
  const trimmed = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

/** A day that we send to a field of date and time comes back as an instant of that day (HubSpot: noon UTC). */
function sameDay(a: string, b: string): boolean {
  const [day, other] = a.length < b.length ? [a, b] : [b, a];
  return /^\d{4}-\d\d-\d\d$/.test(day) && /^\d{4}-\d\d-\d\dT/.test(other) && other.startsWith(day);
}

/** Salesforce takes ids of 15 characters and gives them back with 18, the last three repeating the case of the others. */
function sameRecordId(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return /^[A-Za-z0-9]{15}$/.test(short) && /^[A-Za-z0-9]{18}$/.test(long) && long.startsWith(short);
}
