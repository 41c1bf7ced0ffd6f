import type { Property } from '../portal/property.ts';

/** Why a value was refused, in the words of the vendor's validation result. */
export interface ValueFault {
  message: string;
  error: string;
}

/** A value as it will be kept, or why it will not. */
export type CheckedValue = { value: string } | { fault: ValueFault };

const MAX_LENGTH = 65_536;
const NUMBER = /^-?\d+(\.\d+)?$/;
const EPOCH_MS = /^-?\d{1,15}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const EMAIL = /^[^\s@,;<>"]+@[^\s@,;<>".]+(\.[^\s@,;<>".]+)+$/;

/** Checks one value against its property's type. '' clears a value and always passes. */
export function checkValue(property: Property, value: string): CheckedValue {
  if (value === '') return { value };
  if (property.type === 'string') return checkString(property, value);
  if (value.trim() !== value) {
    return fault(
      'LEADING_TRAILING_WHITESPACE',
      `${JSON.stringify(value)} includes leading or trailing whitespace.`,
    );
  }
  switch (property.type) {
    case 'number':
      // Exponents are refused, as recorded from the real API (a float's "1.4e-14").
      return NUMBER.test(value) ? { value } : fault('INVALID_INTEGER', `${value} was not a valid number.`);
    case 'date':
      return checkDate(value);
    case 'datetime':
      return checkDateTime(value);
    case 'enumeration':
    case 'bool':
      return checkOption(property, value);
  }
}

function checkString(property: Property, value: string): CheckedValue {
  if (value.length > MAX_LENGTH) {
    return fault('PROPERTY_VALUE_TOO_LONG', `The value is longer than ${MAX_LENGTH} characters.`);
  }
  if (property.name !== 'email' || !property.hubspotDefined) return { value };
  const email = value.toLowerCase();
  return EMAIL.test(email) ? { value: email } : fault('INVALID_EMAIL', `Email address ${value} is invalid`);
}

function checkDate(value: string): CheckedValue {
  const ms = instant(value);
  if (ms === undefined) return fault('INVALID_DATE', `${value} was not a valid date.`);
  const time = new Date(ms);
  if (ms % 86_400_000 !== 0) {
    const clock = `${time.getUTCHours()}:${time.getUTCMinutes()}:${time.getUTCSeconds()}.${time.getUTCMilliseconds()}`;
    return fault('INVALID_DATE', `${ms} is at ${clock} UTC, not midnight!`);
  }
  return { value: time.toISOString().slice(0, 10) };
}

function checkDateTime(value: string): CheckedValue {
  const ms = instant(value);
  if (ms === undefined) return fault('INVALID_LONG', `${value} was not a valid long.`);
  return { value: new Date(ms).toISOString() };
}

function checkOption(property: Property, value: string): CheckedValue {
  if (property.externalOptions) return { value };
  const allowed = property.options.map((option) => option.value);
  const several = property.fieldType === 'checkbox' ? value.split(';') : [value];
  const wrong = several.find((one) => !allowed.includes(one));
  if (wrong === undefined) return { value };
  return fault('INVALID_OPTION', `${wrong} was not one of the allowed options: [${allowed.join(', ')}]`);
}

/** Epoch milliseconds of an ISO 8601 time with offset, a calendar day or epoch milliseconds; undefined when it is none. */
function instant(value: string): number | undefined {
  if (EPOCH_MS.test(value)) return Number(value);
  if (!DAY.test(value) && !ISO.test(value)) return undefined;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) return undefined;
  // Date.parse rolls 2026-02-30 over into March; HubSpot refuses it.
  const day = Number(value.slice(8, 10));
  if (day <= 28) return ms;
  const written = new Date(`${value.slice(0, 7)}-01T00:00:00Z`);
  const daysInMonth = new Date(Date.UTC(written.getUTCFullYear(), written.getUTCMonth() + 1, 0)).getUTCDate();
  return day > daysInMonth ? undefined : ms;
}

function fault(error: string, message: string): CheckedValue {
  return { fault: { error, message } };
}
