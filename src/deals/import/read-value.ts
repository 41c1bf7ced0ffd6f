import type { ValueSource } from './import-map.ts';
import { readDate } from './read-date.ts';

/** A value could not be read; the message is a reason for the row's rejection. */
export class UnreadableCell extends Error {}

/** The cells of a row and its look-ups by column name; '' when empty or absent. */
export type Cells = (column: string) => string;

/**
 * The value a source finds in a row, null when there is none. `correct` is told of every correction this took.
 * @throws UnreadableCell
 */
export function readValue(source: ValueSource, cells: Cells, correct: (note: string) => void): string | null {
  if ('first' in source) {
    for (const each of source.first) {
      const value = readValue(each, cells, correct);
      if (value !== null) return value;
    }
    return null;
  }
  const value = readPlain(source, cells, correct);
  if (value !== null && source.correction !== undefined) correct(source.correction);
  return value;
}

function readPlain(
  source: Exclude<ValueSource, { first: unknown }>,
  cells: Cells,
  correct: (note: string) => void,
): string | null {
  if ('constant' in source) return source.constant;
  if ('template' in source) return fillTemplate(source.template, cells);
  const found = cells(source.column);
  if (found === '' || source.empty?.includes(found)) return null;
  if (source.values !== undefined) return valueFor(source.values, found, source.column);
  if (source.dates !== undefined) return dateOf(found, source.dates, source.column, correct);
  if (source.slug === true) return slugOf(found);
  return plainNumber(found, source.decimal, source.thousands);
}

function fillTemplate(template: string, cells: Cells): string | null {
  let isComplete = true;
  const text = template.replace(/\{([^{}]+)\}/g, (_match, column: string) => {
    const value = cells(column);
    isComplete &&= value !== '';
    return value;
  });
  return isComplete ? text : null;
}

function valueFor(values: Readonly<Record<string, string>>, found: string, column: string): string {
  if (Object.hasOwn(values, found)) return values[found] ?? '';
  throw new UnreadableCell(`${column}: the map gives no value for "${found}"`);
}

function dateOf(
  found: string,
  forms: readonly string[],
  column: string,
  correct: (note: string) => void,
): string {
  for (const [index, form] of forms.entries()) {
    const day = readDate(found, form);
    if (day === null) continue;
    if (index > 0) correct(`${column}: date written as ${form} instead of ${forms[0]}`);
    return day;
  }
  throw new UnreadableCell(`${column}: "${found}" is not a date of the form ${forms.join(' or ')}`);
}

function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

function plainNumber(text: string, decimal: string | undefined, thousands: string | undefined): string {
  if (decimal === undefined && thousands === undefined) return text;
  const joined = thousands === undefined ? text : text.replaceAll(thousands, '');
  return decimal === undefined || decimal === '.' ? joined : joined.replace(decimal, '.');
}
