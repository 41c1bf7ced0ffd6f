import { getDomain } from 'tldts';
import { z } from 'zod';
import type { CallOptions, MatchCandidate, MatchWanted } from '../../src/crm/connector.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { apiName, isComparable, soql, splitBySize, valueSize } from './soql.ts';

const purpose = { stage: 'resolve', write: false } as const;
const Row = z.looseObject({ Id: z.string(), Name: z.string().nullish() });
type Row = z.infer<typeof Row>;

/**
 * Finds records that could be the ones wanted. SOQL only narrows, by equality on one field per query so that the org's
 * indexes serve it; every row is then compared here, and each candidate says why it is one. Deleted records do not
 * appear in queries.
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
  const texts = search.questions.flatMap((question) => toQueries(object, search, question, wanted));
  const rows = await queries(client, Row, { ...purpose, soql: texts }, options);
  return join(wanted, new Map(rows.map((row) => [row.Id, row])).values(), search);
}

interface Search {
  fields: readonly string[];
  /** What to ask the org: values of one field, per wanted record. */
  questions: readonly { field: string; values(wanted: MatchWanted): (string | undefined)[] }[];
  /** What a row and what is wanted can be joined by. */
  rowMarks(row: Row): string[];
  wantedMarks(wanted: MatchWanted): string[];
  compare(wanted: MatchWanted, row: Row): Omit<MatchCandidate, 'crmId' | 'name'> | null;
}

function toQueries(
  object: string,
  { fields }: Search,
  question: Search['questions'][number],
  wanted: readonly MatchWanted[],
): string[] {
  const values = [...new Set(wanted.flatMap((one) => question.values(one)).filter(isComparable))];
  return splitBySize(values, valueSize).map((oneOf) =>
    soql({ from: object, fields, where: [{ field: question.field, oneOf }] }),
  );
}

/** Joins rows and wanted through shared marks, so that 200 × 2,000 pairs need not be compared one by one. */
function join(
  wanted: readonly MatchWanted[],
  rows: Iterable<Row>,
  search: Search,
): Map<string, MatchCandidate[]> {
  const byMark = new Map<string, Row[]>();
  for (const row of rows) {
    for (const mark of search.rowMarks(row)) byMark.set(mark, [...(byMark.get(mark) ?? []), row]);
  }
  return new Map(
    wanted.map((one) => {
      const nearby = new Set(search.wantedMarks(one).flatMap((mark) => byMark.get(mark) ?? []));
      return [one.key, [...nearby].flatMap((row) => toCandidate(row, search.compare(one, row)))];
    }),
  );
}

function toCandidate(row: Row, match: ReturnType<Search['compare']>): MatchCandidate[] {
  return match === null ? [] : [{ crmId: row.Id, name: row.Name ?? '', ...match }];
}

function accountSearch(keyField: string): Search {
  return {
    fields: ['Id', 'Name', 'Website', apiName(keyField)],
    questions: [
      { field: keyField, values: ({ key }) => [key] },
      { field: 'Name', values: ({ name }) => [name] },
      { field: 'Website', values: ({ domain }) => (domain === undefined ? [] : websitesOf(domain)) },
    ],
    rowMarks: (row) => [
      `key:${text(row, keyField)}`,
      `name:${fold(row.Name)}`,
      `domain:${domainOf(text(row, 'Website'))}`,
    ],
    wantedMarks: ({ key, name, domain }) => [`key:${key}`, `name:${fold(name)}`, `domain:${fold(domain)}`],
    compare: (wanted, row) => compareAccount(wanted, row, keyField),
  };
}

/**
 * How a domain is written into the Website field. Asked for by equality, because `LIKE '%acme.com%'` makes the org read
 * every account and finds notacme.com as well. A website with a longer path is found through the name.
 */
function websitesOf(domain: string): string[] {
  return [domain, `www.${domain}`].flatMap((host) => [
    host,
    `http://${host}`,
    `https://${host}`,
    `http://${host}/`,
    `https://${host}/`,
  ]);
}

function compareAccount(wanted: MatchWanted, row: Row, keyField: string): ReturnType<Search['compare']> {
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
    questions: [
      { field: keyField, values: ({ key }) => [key] },
      { field: 'Email', values: ({ email }) => [email] },
    ],
    rowMarks: (row) => [`key:${text(row, keyField)}`, `email:${fold(text(row, 'Email'))}`],
    wantedMarks: ({ key, email }) => [`key:${key}`, `email:${fold(email)}`],
    compare(wanted, row) {
      if (text(row, keyField) === wanted.key)
        return { by: 'our-key', because: `carries our key ${wanted.key}` };
      if (!wanted.email || fold(text(row, 'Email')) !== fold(wanted.email)) return null;
      return { by: 'email', because: `same e-mail address ${wanted.email}` };
    },
  };
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
