import type { FieldValue, Fields } from '../crm/connector.ts';
import type { ObservedName, ReadRow, SourcePath, Transform, WriteRow } from './schema.ts';

/** Our values by source path; a missing path means "no value". */
export type SourceView = Partial<Record<SourcePath, FieldValue>>;

/** A value broke a rule of its mapping row; the record cannot be sent until data or mapping is fixed. */
export class MappingError extends Error {
  readonly field: string;

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`);
    this.name = 'MappingError';
    this.field = field;
  }
}

/**
 * Runs the rows over our values. `creating` false leaves out the create-only rows: those fields belong to the rep now.
 * @throws MappingError naming the CRM field and the reason
 */
export function evaluateRows(rows: readonly WriteRow[], view: SourceView, creating: boolean): Fields {
  const fields: Fields = {};
  for (const row of rows) {
    if (row.when === 'create' && !creating) continue;
    const value = evaluateRow(row, view);
    if (value === null && row.skipEmpty) continue;
    fields[row.to] = value;
  }
  return fields;
}

/** What one row makes of our values; null = no value. @throws MappingError naming the CRM field and the reason */
export function evaluateRow(row: WriteRow, view: SourceView): FieldValue {
  let value: FieldValue = row.value ?? (row.from === undefined ? null : (view[row.from] ?? null));
  for (const transform of row.transforms) value = applyTransform(transform, value, row.to);
  return value === '' ? null : value;
}

/** A blank text is no value: only `default` makes something of it. Else a missing amount would be sent as 0. */
function applyTransform(transform: Transform, given: FieldValue, field: string): FieldValue {
  const value = given === '' ? null : given;
  if (typeof transform === 'object' && 'default' in transform) return value ?? transform.default;
  if (value === null) return null;
  if (typeof transform === 'string') return applyNamed(transform, value, field);
  if ('truncate' in transform) return truncateText(String(value), transform.truncate);
  if ('prefix' in transform) return `${transform.prefix}${String(value)}`;
  if ('join' in transform) return String(value).split('\n').join(transform.join);
  const known = Object.hasOwn(transform.values, String(value)) ? transform.values[String(value)] : undefined;
  const mapped = known ?? transform.otherwise;
  if (mapped === undefined) throw new MappingError(field, `no value is mapped for "${String(value)}"`);
  return mapped;
}

function applyNamed(
  name: Extract<Transform, string>,
  value: string | number | boolean,
  field: string,
): FieldValue {
  switch (name) {
    case 'trim':
      return String(value).trim();
    case 'lower':
      return String(value).toLowerCase();
    case 'upper':
      return String(value).toUpperCase();
    case 'text':
      return String(value);
    case 'yes-no-text':
      return value === true || value === 'true' ? 'true' : 'false';
    case 'integer':
    case 'number':
      return toNumber(value, name, field);
  }
}

/** Number() also reads '0x10', '1e3' and '' as numbers; no amount is written like that on purpose. */
const plainDecimal = /^-?\d+(\.\d+)?$/;

/** Amounts leave as JSON numbers only where the vendor insists; a decimal that a double cannot carry is refused, not rounded. */
function toNumber(value: string | number | boolean, kind: 'integer' | 'number', field: string): number {
  const number = typeof value === 'string' && !plainDecimal.test(value) ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new MappingError(field, `"${String(value)}" is not a number`);
  if (kind === 'integer' && !Number.isSafeInteger(number))
    throw new MappingError(field, `"${String(value)}" is not a whole number`);
  if (typeof value === 'string' && significantDigits(value) > 15) {
    throw new MappingError(field, `"${value}" has more digits than a JSON number carries exactly`);
  }
  return number;
}

function significantDigits(decimal: string): number {
  return decimal.replace(/^-/, '').replace('.', '').replace(/^0+/, '').length;
}

/** Cuts by UTF-16 units, as CRMs count, but never through a surrogate pair. */
function truncateText(text: string, length: number): string {
  return text.length <= length ? text : trimLoneSurrogate(text.slice(0, length));
}

function trimLoneSurrogate(text: string): string {
  return text.isWellFormed() ? text : text.slice(0, -1);
}

/** A CRM record's raw fields, back in our names. */
export function readBack(
  rows: readonly ReadRow[],
  fields: Readonly<Record<string, FieldValue>>,
): Partial<Record<ObservedName, FieldValue>> {
  const observed: Partial<Record<ObservedName, FieldValue>> = {};
  for (const row of rows) {
    const value = fields[row.from];
    if (value !== undefined) observed[row.to] = value;
  }
  return observed;
}
