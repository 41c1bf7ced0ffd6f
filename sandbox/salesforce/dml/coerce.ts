import { canonicalId } from '../ids.ts';
import type { FieldDefinition, FieldType } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import { DmlError } from './dml-error.ts';

type Coercion = (field: FieldDefinition, value: NonNullable<unknown>) => Value | null;

/**
 * Turns a JSON value into what the org stores, or refuses it as the vendor does.
 * Text is trimmed and empty text is null; numbers are rounded to the field's scale and may come as text;
 * everything else must have the right JSON type.
 */
export function coerce(field: FieldDefinition, value: unknown): Value | null {
  if (value === null || value === undefined) return null;
  return COERCIONS[field.type](field, value);
}

const COERCIONS: Record<FieldType, Coercion> = {
  string: coerceText,
  textarea: coerceText,
  url: coerceText,
  phone: coerceText,
  picklist: coercePicklist,
  multipicklist: coerceMultiPicklist,
  combobox: coerceText,
  time: coerceTime,
  base64: coerceText,
  // Compounds are read-only: their parts are written.
  address: coerceText,
  location: coerceText,
  email: coerceEmail,
  id: coerceReference,
  reference: coerceReference,
  boolean: coerceBoolean,
  double: coerceNumber,
  currency: coerceNumber,
  percent: coerceNumber,
  int: coerceNumber,
  date: coerceDate,
  datetime: coerceDatetime,
};

function coerceText(field: FieldDefinition, value: NonNullable<unknown>): string | null {
  if (typeof value !== 'string') throw notReadable(field, value, 'string');
  const trimmed = value.trim();
  if (trimmed.length > field.length) {
    throw new DmlError(
      'STRING_TOO_LONG',
      `${field.label}: data value too large: ${trimmed} (max length=${field.length})`,
      [field.name],
    );
  }
  return trimmed === '' ? null : trimmed;
}

function coercePicklist(field: FieldDefinition, value: NonNullable<unknown>): string | null {
  const chosen = coerceText(field, value);
  if (chosen === null || !field.restricted || field.picklist.includes(chosen)) return chosen;
  throw new DmlError(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${field.label}: bad value for restricted picklist field: ${chosen}`,
    [field.name],
  );
}

/** Several values, separated by semicolons; the platform stores each once, in the order of the value list. */
function coerceMultiPicklist(field: FieldDefinition, value: NonNullable<unknown>): string | null {
  const text = coerceText({ ...field, length: Number.MAX_SAFE_INTEGER }, value);
  if (text === null) return null;
  const chosen = text.split(';').map((one) => one.trim());
  for (const one of chosen) coercePicklist(field, one);
  const listed = field.picklist.filter((one) => chosen.includes(one));
  const others = chosen.filter((one) => one !== '' && !field.picklist.includes(one));
  return [...new Set([...listed, ...others])].join(';');
}

const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

function coerceEmail(field: FieldDefinition, value: NonNullable<unknown>): string | null {
  const address = coerceText(field, value);
  if (address === null || EMAIL.test(address)) return address;
  throw new DmlError('INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${address}`, [
    field.name,
  ]);
}

function coerceReference(field: FieldDefinition, value: NonNullable<unknown>): string | null {
  if (typeof value !== 'string') throw notReadable(field, value, 'string');
  if (value.trim() === '') return null;
  const id = canonicalId(value.trim());
  if (id === undefined) {
    throw new DmlError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [field.name]);
  }
  return id;
}

function coerceBoolean(field: FieldDefinition, value: NonNullable<unknown>): boolean {
  if (typeof value !== 'boolean') throw notReadable(field, value, 'boolean');
  return value;
}

function coerceNumber(field: FieldDefinition, value: NonNullable<unknown>): number | null {
  if (value === '') return null;
  const parsed =
    typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  const kind = field.type === 'int' ? 'int' : 'double';
  if (typeof parsed !== 'number' || !Number.isFinite(parsed)) throw notReadable(field, value, kind);
  if (kind === 'int' && !Number.isInteger(parsed)) throw notReadable(field, value, kind);
  const rounded = roundHalfUp(parsed, field.scale);
  if (Math.abs(rounded) >= 10 ** (field.precision - field.scale)) {
    throw new DmlError(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `${field.label}: value outside of valid range on numeric field: ${String(value)}`,
      [field.name],
    );
  }
  return rounded;
}

function roundHalfUp(value: number, scale: number): number {
  // By way of the decimal notation: 1.005 has to become 1.01, which no binary multiplication gives.
  const magnitude = Math.round(Number(`${Math.abs(value)}e${scale}`));
  const rounded = Number.isFinite(magnitude) ? Number(`${magnitude}e-${scale}`) : Math.abs(value);
  return Number.isNaN(rounded) ? value : Math.sign(value) * rounded;
}

function coerceDate(field: FieldDefinition, value: NonNullable<unknown>): string {
  const match =
    typeof value === 'string'
      ? /^(\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(value)
      : null;
  const day = match?.[1];
  if (day === undefined || !isRealDay(day)) throw notReadable(field, value, 'date');
  return day;
}

/** Whether `YYYY-MM-DD` names a day of the calendar. */
export function isRealDay(day: string): boolean {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  if (month < 1 || month > 12 || date < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return date <= (month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0));
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?Z?$/;

function coerceTime(field: FieldDefinition, value: NonNullable<unknown>): string {
  if (typeof value !== 'string' || !TIME.test(value)) throw notReadable(field, value, 'time');
  const [clock = '', fraction = ''] = value.replace('Z', '').split('.');
  return `${clock.length === 5 ? `${clock}:00` : clock}.${fraction.padEnd(3, '0')}Z`;
}

const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;

function coerceDatetime(field: FieldDefinition, value: NonNullable<unknown>): number {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) return Date.parse(`${value}T00:00:00Z`);
  const ms = typeof value === 'string' && DATETIME.test(value) ? parseDatetime(value) : NaN;
  if (Number.isNaN(ms)) throw notReadable(field, value, 'datetime');
  return ms;
}

/** Epoch milliseconds of an ISO 8601 moment, with the vendor's `+0000` offsets; no offset means UTC. NaN when it is none. */
export function parseDatetime(value: string): number {
  const withColon = value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  return Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(withColon) ? withColon : `${withColon}Z`);
}

const TOKENS: Record<string, string> = {
  string: 'VALUE_STRING',
  boolean: 'VALUE_BOOLEAN',
  object: 'START_OBJECT',
};

function notReadable(field: FieldDefinition, value: NonNullable<unknown>, kind: string): DmlError {
  const token = typeof value === 'number' ? numberToken(value) : (TOKENS[typeof value] ?? 'START_OBJECT');
  const shown = typeof value === 'object' ? '' : ` value ${String(value)}`;
  return new DmlError(
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${kind} from ${token}${shown} or request may be missing a required field at [${field.name}]`,
    [field.name],
  );
}

function numberToken(value: number): string {
  return Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT';
}
