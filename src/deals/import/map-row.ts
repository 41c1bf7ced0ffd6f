import type { ImportMap, ValueSource } from './import-map.ts';
import type { Lookup } from './load-lookups.ts';
import { readValue, UnreadableCell } from './read-value.ts';
import type { Cells } from './read-value.ts';

/** A partner as a row describes it, for the case that it does not exist yet. */
export interface ImportedPartner {
  key: string;
  name: string;
  email: string | null;
  country: string | null;
  tier: string | null;
  tierFrom: string | null;
}

export interface MappedRow {
  ref: string;
  registration: Record<string, unknown>;
  isApproved: boolean;
  /** Null when the map creates none. */
  partner: ImportedPartner | null;
}

export type RowResult =
  { ok: true; row: MappedRow; corrections: string[] } | { ok: false; ref: string | null; reasons: string[] };

export type RowMapper = (cells: readonly string[]) => RowResult;

const TRIMMED = 'surrounding spaces removed';
const UNGUARDED = 'leading apostrophe removed (a guard against formulas)';

/** Turns rows into registrations as the map says. Finds every reason against a row, not only the first. */
export function rowMapper(
  map: ImportMap,
  headings: readonly string[],
  lookups: ReadonlyMap<string, Lookup>,
): RowMapper {
  return (rawCells) => {
    const corrections = new Set<string>();
    const reasons: string[] = [];
    const attempt = (read: () => string | null): string | null => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof UnreadableCell)) throw error;
        reasons.push(error.message);
        return null;
      }
    };
    const cells = joinCells(map, headings, lookups, rawCells, corrections, reasons);
    const read = (source: ValueSource | undefined): string | null =>
      source === undefined ? null : attempt(() => readValue(source, cells, (note) => corrections.add(note)));
    const need = (needed: ImportMap['ref']): string => {
      const before = reasons.length;
      const value = read(needed.value);
      if (value === null && reasons.length === before) reasons.push(needed.otherwise);
      return value ?? '';
    };

    const ref = need(map.ref);
    const company = need(map.company);
    const partner = need(map.partner.key);
    const registration = {
      ref,
      partner,
      ...fieldsOf(map, read, reasons),
      company: { name: company, ...groupOf(map, 'company', read) },
      ...contactOf(map, read),
      products: productsOf(map, read, reasons),
      currency: read(map.currency) ?? undefined,
    };
    const isApproved = attemptStatus(map, cells, reasons);
    const imported = partnerOf(map, partner, read);
    if (reasons.length > 0) return { ok: false, ref: ref === '' ? null : ref, reasons };
    const row = { ref, registration, isApproved, partner: imported };
    return { ok: true, row, corrections: [...corrections] };
  };
}

/** The row's own cells and those of its look-ups, corrected. Look-ups may build on one another, in the map's order. */
function joinCells(
  map: ImportMap,
  headings: readonly string[],
  lookups: ReadonlyMap<string, Lookup>,
  rawCells: readonly string[],
  corrections: Set<string>,
  reasons: string[],
): Cells {
  const cells = new Map<string, string>();
  const put = (column: string, value: string): void => {
    let corrected = value;
    for (const correction of map.corrections) {
      if (correction.column !== column || !Object.hasOwn(correction.values, corrected)) continue;
      corrected = correction.values[corrected] ?? '';
      corrections.add(correction.note);
    }
    cells.set(column, corrected);
  };
  for (const [index, heading] of headings.entries())
    put(heading, cleanCell(rawCells[index] ?? '', corrections));
  for (const [name, { by, otherwise }] of Object.entries(map.lookups)) {
    const wanted = cells.get(by) ?? '';
    const found = lookups.get(name)?.rows.get(wanted);
    if (found === undefined) {
      if (otherwise !== undefined && wanted !== '') reasons.push(`${otherwise}: "${wanted}"`);
      continue;
    }
    for (const [heading, value] of found) put(`${name}.${heading}`, value);
  }
  return (column) => cells.get(column) ?? '';
}

function cleanCell(raw: string, corrections: Set<string>): string {
  const trimmed = raw.trim();
  if (trimmed !== raw) corrections.add(TRIMMED);
  // Our own file of rejected rows writes such cells so; read back, they must be what they were.
  if (!/^'[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(trimmed)) return trimmed;
  corrections.add(UNGUARDED);
  return trimmed.slice(1);
}

function fieldsOf(
  map: ImportMap,
  read: (source: ValueSource | undefined) => string | null,
  reasons: string[],
): Record<string, unknown> {
  const version = read(map.fields.version);
  if (version !== null && !/^\d{1,15}$/.test(version))
    reasons.push(`version: "${version}" is not a whole number`);
  const plain = ['name', 'amount', 'expectedCloseDate', 'registeredOn', 'stage'] as const;
  return {
    ...Object.fromEntries(plain.map((field) => [field, read(map.fields[field])])),
    version: version === null ? null : Number(version),
  };
}

function groupOf(
  map: ImportMap,
  group: 'company' | 'contact',
  read: (source: ValueSource | undefined) => string | null,
): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(map.fields)
      .filter(([field]) => field.startsWith(`${group}.`))
      .map(([field, source]) => [field.slice(group.length + 1), read(source)]),
  );
}

/** A row without any of a contact's values has no contact; one with some is checked as a contact. */
function contactOf(
  map: ImportMap,
  read: (source: ValueSource | undefined) => string | null,
): Record<string, unknown> {
  const found = Object.entries(groupOf(map, 'contact', read)).filter(([, value]) => value !== null);
  return found.length === 0 ? {} : { contact: Object.fromEntries(found) };
}

function productsOf(
  map: ImportMap,
  read: (source: ValueSource | undefined) => string | null,
  reasons: string[],
): Record<string, unknown>[] {
  return map.products.flatMap((product) => {
    const name = read(product.name);
    if (name === null) return [];
    const [code, unitPrice, quantity] = [read(product.code), read(product.unitPrice), read(product.quantity)];
    const given = { name, ...(code === null ? {} : { code }), ...(unitPrice === null ? {} : { unitPrice }) };
    if (quantity === null) return [given];
    if (!/^\d{1,7}$/.test(quantity)) reasons.push(`quantity: "${quantity}" is not a whole number`);
    return [{ ...given, quantity: Number(quantity) }];
  });
}

function attemptStatus(map: ImportMap, cells: Cells, reasons: string[]): boolean {
  if (map.status === undefined) return false;
  const status = cells(map.status.column);
  if (map.status.approved.includes(status)) return true;
  if (!map.status.submitted.includes(status)) {
    reasons.push(`${map.status.column}: the map does not say what "${status}" means`);
  }
  return false;
}

function partnerOf(
  map: ImportMap,
  key: string,
  read: (source: ValueSource | undefined) => string | null,
): ImportedPartner | null {
  const { create } = map.partner;
  if (create === undefined) return null;
  return {
    key,
    name: read(create.name) ?? key,
    email: read(create.email),
    country: read(create.country),
    tier: read(create.tier),
    tierFrom: create.tierFrom ?? null,
  };
}
