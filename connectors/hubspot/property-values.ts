import type { Fields } from '../../src/crm/connector.ts';

/** HubSpot's own date-and-time properties that people fill in with a date. */
const DATETIME_PROPERTIES = new Set(['closedate']);
const BARE_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Our values as HubSpot takes them: text throughout, and an empty text where a value is to be cleared.
 * A bare date for a date-and-time property becomes noon UTC: at midnight UTC, everybody west of Greenwich would read
 * the day before.
 */
export function asProperties(fields: Fields): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    const text = value === null ? '' : String(value);
    properties[name] = DATETIME_PROPERTIES.has(name) && BARE_DATE.test(text) ? `${text}T12:00:00.000Z` : text;
  }
  return properties;
}

/** How HubSpot compares a unique value: e-mails without regard to case, everything without outer blanks. */
export function comparableKey(keyField: string, key: string): string {
  const trimmed = key.trim();
  return keyField === 'email' ? trimmed.toLowerCase() : trimmed;
}
