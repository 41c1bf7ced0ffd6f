/**
 * The only place that writes SOQL. Values are escaped here, names are checked here: a company called
 * `O'Neil \ 100%` must find itself and nothing else, and a mapping file must not be able to smuggle in a clause.
 */

/** A query travels in the URL, and Salesforce refuses a URL beyond 16,384 bytes; the rest is for host, path and clauses. */
export const VALUE_BUDGET = 15_500;

/** No text field that can be compared with IN is longer, so a longer value cannot match anything. */
const LONGEST_VALUE = 255;

export type Condition =
  | { field: string; oneOf: readonly string[] }
  | { field: string; comparison: '>=' | '<' | '>'; to: string | Date }
  | { field: string; is: boolean }
  | { field: string; present: true }
  | { field: string; absent: true }
  | { field: string; endsWith: string };

export interface Selection {
  from: string;
  fields: readonly string[];
  where?: readonly Condition[];
  orderBy?: readonly string[];
  limit?: number;
}

/** @throws RangeError when a name is no Salesforce API name */
export function soql(selection: Selection): string {
  const parts = [`SELECT ${selection.fields.map(apiName).join(', ')} FROM ${apiName(selection.from)}`];
  if (selection.where?.length) parts.push(`WHERE ${selection.where.map(condition).join(' AND ')}`);
  if (selection.orderBy?.length) parts.push(`ORDER BY ${selection.orderBy.map(apiName).join(', ')}`);
  if (selection.limit !== undefined) parts.push(`LIMIT ${Math.trunc(selection.limit)}`);
  return parts.join(' ');
}

/** How many records hold a condition; the answer's `totalSize`. */
export function soqlCount(from: string, where: Condition): string {
  return `SELECT COUNT() FROM ${apiName(from)} WHERE ${condition(where)}`;
}

/** An object's or field's API name, unchanged. Anything else would be SOQL of someone else's. */
export function apiName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(name))
    throw new RangeError(`"${name}" is not a Salesforce API name`);
  return name;
}

/**
 * A query as it travels in a URL. Characters that need no escape there (RFC 3986, 3.4) get none: websites and e-mail
 * addresses are full of them, and every byte counts towards the longest URL. The apostrophe gets one, because a URL
 * parser on the way would add it, and the URL would be longer than what was counted here.
 */
export function encodeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(?:2C|2F|3A|40)/g, decodeURIComponent)
    .replaceAll("'", '%27');
}

/** Bytes the value takes in the URL, with its quotes and comma. */
export function valueSize(value: string): number {
  return encodeQuery(`${quote(value)},`).length;
}

/** Whether the value can be stored in a comparable text field at all. */
export function isComparable(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '' && value.length <= LONGEST_VALUE;
}

/** Splits in order, so that the sizes of each part stay within the budget. */
export function splitBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  budget = VALUE_BUDGET,
): T[][] {
  const parts: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (size > room || parts.length === 0) {
      parts.push([]);
      room = budget;
    }
    parts.at(-1)?.push(item);
    room -= size;
  }
  return parts;
}

function condition(wanted: Condition): string {
  const field = apiName(wanted.field);
  if ('oneOf' in wanted) return `${field} IN (${wanted.oneOf.map(quote).join(',')})`;
  if ('is' in wanted) return `${field} = ${wanted.is ? 'TRUE' : 'FALSE'}`;
  if ('present' in wanted) return `${field} != NULL`;
  if ('endsWith' in wanted) return `${field} LIKE '%${escapeText(wanted.endsWith).replace(/[%_]/g, '\\$&')}'`;
  if ('absent' in wanted) return `${field} = NULL`;
  return `${field} ${wanted.comparison} ${wanted.to instanceof Date ? wanted.to.toISOString() : quote(wanted.to)}`;
}

function quote(value: string): string {
  return `'${escapeText(value)}'`;
}

/** SOQL's own escapes. A lone surrogate would make encodeURIComponent throw; other control characters have no escape. */
function escapeText(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\\'"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/\p{Cc}/gu, ' ');
}
