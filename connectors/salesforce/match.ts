import { getDomain } from 'tldts';
import { z } from 'zod';
import type { CallOptions, MatchCandidate, MatchWanted } from '../../src/crm/connector.ts';
import type { SalesforceClient } from './client.ts';
import { apiName, isComparable, soql, splitBySize, valueSize, VALUE_BUDGET, type Condition } from './soql.ts';

/** A LIKE with a leading wildcard reads the whole object, so each query carries few enough to stay under its time limit. */
const MOST_DOMAINS_PER_QUERY = 100;

const purpose = { stage: 'resolve', write: false } as const;
const Row = z.looseObject({ Id: z.string(), Name: z.string().nullish() });
type Row = z.infer<typeof Row>;

/**
 * Finds records that could be the ones wanted. SOQL only narrows: `LIKE '%acme.com%'` also returns notacme.com, so
 * every row is compared again here, and each candidate says why it is one. Deleted records do not appear in queries.
 */
export async function findMatches(
  client: SalesforceClient,
  kind: 'account' | 'contact',
  object: string,
  keyField: string,
  wanted: readonly MatchWanted[],
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly MatchCandidate[]>> {
  const search = kind === 'account' ? accountSearch(keyField) : contactSearch(keyField);
  const found = new Map<string, MatchCandidate[]>(wanted.map(({ key }) => [key, []]));
  for (const part of splitBySize(wanted, search.sizeOf)) {
    const where = search.conditions(part);
    if (where.length === 0) continue;
    const text = soql({ from: object, fields: search.fields, where: [{ anyOf: where }] });
    const rows = await client.query(Row, { ...purpose, soql: text }, options);
    collect(part, rows, search, found);
  }
  return found;
}

interface Search {
  fields: readonly string[];
  conditions(part: readonly MatchWanted[]): Condition[];
  /** Share of a query's budget. */
  sizeOf(wanted: MatchWanted): number;
  /** What a row can be found by; the same for what is wanted. */
  rowMarks(row: Row): string[];
  wantedMarks(wanted: MatchWanted): string[];
  compare(wanted: MatchWanted, row: Row): Omit<MatchCandidate, 'crmId' | 'name'> | null;
}

/** Joins rows and wanted through shared marks, so that 200 × 2,000 pairs need not be compared one by one. */
function collect(
  part: readonly MatchWanted[],
  rows: readonly Row[],
  search: Search,
  found: Map<string, MatchCandidate[]>,
): void {
  const byMark = new Map<string, Row[]>();
  for (const row of rows) {
    for (const mark of search.rowMarks(row)) byMark.set(mark, [...(byMark.get(mark) ?? []), row]);
  }
  for (const wanted of part) {
    const nearby = new Set(search.wantedMarks(wanted).flatMap((mark) => byMark.get(mark) ?? []));
    for (const row of nearby) {
      const match = search.compare(wanted, row);
      if (match) found.get(wanted.key)?.push({ crmId: row.Id, name: row.Name ?? '', ...match });
    }
  }
}

function accountSearch(keyField: string): Search {
  return {
    fields: ['Id', 'Name', 'Website', apiName(keyField)],
    conditions: (part) => [
      ...oneOf(
        keyField,
        part.map(({ key }) => key),
      ),
      ...oneOf(
        'Name',
        part.map(({ name }) => name),
      ),
      ...part.flatMap(({ domain }) => (isComparable(domain) ? [{ field: 'Website', contains: domain }] : [])),
    ],
    sizeOf: ({ key, name, domain }) =>
      sizeOfAll(key, name) +
      (isComparable(domain)
        ? Math.max(valueSize(domain) + LIKE_CLAUSE, VALUE_BUDGET / MOST_DOMAINS_PER_QUERY)
        : 0),
    rowMarks: (row) => [
      `key:${text(row, keyField)}`,
      `name:${fold(row.Name)}`,
      `domain:${domainOf(text(row, 'Website'))}`,
    ],
    wantedMarks: ({ key, name, domain }) => [`key:${key}`, `name:${fold(name)}`, `domain:${fold(domain)}`],
    compare: (wanted, row) => compareAccount(wanted, row, keyField),
  };
}

/** ` OR Website LIKE '%…%'`, encoded. */
const LIKE_CLAUSE = encodeURIComponent(" OR Website LIKE '%%'").length;

function compareAccount(
  wanted: MatchWanted,
  row: Row,
  keyField: string,
): Omit<MatchCandidate, 'crmId' | 'name'> | null {
  const key = text(row, keyField);
  if (key === wanted.key) return { by: 'our-key', because: `carries our key ${wanted.key}` };
  const domain = domainOf(text(row, 'Website'));
  if (wanted.domain && domain === fold(wanted.domain))
    return { by: 'domain', because: `same website domain ${domain}` };
  if (!wanted.name || fold(row.Name) !== fold(wanted.name)) return null;
  // The same name is no evidence where something stronger contradicts it.
  const otherDomain = wanted.domain !== undefined && domain !== '';
  const otherCompanyOfOurs = key !== '';
  return otherDomain || otherCompanyOfOurs ? null : { by: 'name', because: `same name ${row.Name ?? ''}` };
}

function contactSearch(keyField: string): Search {
  return {
    fields: ['Id', 'Name', 'Email', apiName(keyField)],
    conditions: (part) => [
      ...oneOf(
        keyField,
        part.map(({ key }) => key),
      ),
      ...oneOf(
        'Email',
        part.map(({ email }) => email),
      ),
    ],
    sizeOf: ({ key, email }) => sizeOfAll(key, email),
    rowMarks: (row) => [`key:${text(row, keyField)}`, `email:${fold(text(row, 'Email'))}`],
    wantedMarks: ({ key, email }) => [`key:${key}`, `email:${fold(email)}`],
    compare(wanted, row) {
      if (text(row, keyField) === wanted.key)
        return { by: 'our-key', because: `carries our key ${wanted.key}` };
      const same =
        wanted.email !== undefined && wanted.email !== '' && fold(text(row, 'Email')) === fold(wanted.email);
      return same ? { by: 'email', because: `same e-mail address ${wanted.email ?? ''}` } : null;
    },
  };
}

function oneOf(field: string, values: readonly (string | undefined)[]): Condition[] {
  const comparable = [...new Set(values.filter(isComparable))];
  return comparable.length === 0 ? [] : [{ field, oneOf: comparable }];
}

function sizeOfAll(...values: readonly (string | undefined)[]): number {
  return values.filter(isComparable).reduce((sum, value) => sum + valueSize(value), 0);
}

function text(row: Row, field: string): string {
  const value = row[field];
  return typeof value === 'string' ? value : '';
}

function fold(value: string | null | undefined): string {
  return (value ?? '').normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

/** The registrable domain of a website as people type it; '' when there is none. */
function domainOf(website: string): string {
  return website === '' ? '' : (getDomain(website.trim().toLowerCase()) ?? '');
}
