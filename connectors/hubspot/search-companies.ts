/** Companies by website domain or name, through the search API, every hit verified here. */
import type { CallOptions, MatchCandidate, MatchWanted } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { SearchAnswer, type StoredRecord } from './schema.ts';
import { searchPath } from './versions.ts';

export type CompanyMatcher = (wanted: MatchWanted) => readonly MatchCandidate[];

/** HubSpot refuses a search whose body is longer. */
const LONGEST_BODY = 3000;
const MOST_VALUES = 100;
const PAGE = 200;
/** So many companies of a few names are no basis for a choice anyway. */
const MOST_PAGES = 5;

/** Searches for all wanted together (5 searches a second is all a portal grants). */
export async function searchCompanies(
  call: Caller,
  object: string,
  wanted: readonly MatchWanted[],
  options: CallOptions,
): Promise<CompanyMatcher> {
  const companies = new Map<string, StoredRecord>();
  for (const filters of fittingSearches(wanted)) {
    for (const company of await searchAll(call, object, filters, options)) companies.set(company.id, company);
  }
  const byDomain = groupBy([...companies.values()], (company) =>
    comparableDomain(company.properties['domain']),
  );
  const byName = groupBy([...companies.values()], (company) => comparableName(company.properties['name']));
  return (one) => candidatesFor(one, byDomain, byName);
}

/** The same website first; then the same name, unless both have a website and they differ. */
function candidatesFor(wanted: MatchWanted, byDomain: Groups, byName: Groups): MatchCandidate[] {
  const domain = comparableDomain(wanted.domain);
  const sameDomain = byDomain.get(domain) ?? [];
  const sameName = (byName.get(comparableName(wanted.name)) ?? []).filter((company) => {
    const other = comparableDomain(company.properties['domain']);
    return !sameDomain.includes(company) && (domain === '' || other === '');
  });
  return [
    ...sameDomain.map((company) => candidate(company, 'domain', `same website domain ${domain}`)),
    ...sameName.map((company) => candidate(company, 'name', `same name${inCountry(company)}`)),
  ];
}

interface Values {
  domains: Set<string>;
  names: Set<string>;
}

/** As few searches as the length of a body allows. A name too long for any search is left out: no search could hold it. */
function fittingSearches(wanted: readonly MatchWanted[]): object[] {
  const searches: object[] = [];
  let values: Values = { domains: new Set(), names: new Set() };
  const flush = (): void => {
    if (values.domains.size + values.names.size > 0) searches.push(searchBody(values));
    values = { domains: new Set(), names: new Set() };
  };
  for (const [kind, value] of wanted.flatMap(valuesOf)) {
    if (!fits(withValue({ domains: new Set(), names: new Set() }, kind, value))) continue;
    if (!fits(withValue(values, kind, value))) flush();
    values[kind].add(value);
  }
  flush();
  return searches;
}

/** IN compares with lower-cased values, so they have to be sent in lower case. */
function valuesOf({ domain, name }: MatchWanted): [keyof Values, string][] {
  const values: [keyof Values, string][] = [];
  if (comparableDomain(domain) !== '') values.push(['domains', comparableDomain(domain)]);
  if (name !== undefined && name.trim() !== '') values.push(['names', name.trim().toLowerCase()]);
  return values;
}

function withValue(values: Values, kind: keyof Values, value: string): Values {
  return { ...values, [kind]: new Set([...values[kind], value]) };
}

function fits(values: Values): boolean {
  if (Math.max(values.domains.size, values.names.size) > MOST_VALUES) return false;
  return JSON.stringify({ ...searchBody(values), after: '99999' }).length <= LONGEST_BODY;
}

function searchBody({ domains, names }: Values): object {
  const groups = [inFilter('domain', domains), inFilter('name', names)].filter((group) => group !== null);
  return { filterGroups: groups, properties: ['name', 'domain', 'country'], limit: PAGE };
}

function inFilter(propertyName: string, values: ReadonlySet<string>): object | null {
  return values.size === 0 ? null : { filters: [{ propertyName, operator: 'IN', values: [...values] }] };
}

async function searchAll(
  call: Caller,
  object: string,
  body: object,
  options: CallOptions,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { data } = await call(
      { stage: 'resolve', write: false },
      { method: 'POST', path: searchPath(object), body: after === undefined ? body : { ...body, after } },
      SearchAnswer,
      options,
    );
    found.push(...data.results);
    after = data.paging?.next?.after;
    if (after === undefined) break;
  }
  return found;
}

type Groups = ReadonlyMap<string, readonly StoredRecord[]>;

function groupBy(companies: readonly StoredRecord[], keyOf: (company: StoredRecord) => string): Groups {
  const groups = new Map<string, StoredRecord[]>();
  for (const company of companies) {
    const key = keyOf(company);
    if (key !== '') groups.set(key, [...(groups.get(key) ?? []), company]);
  }
  return groups;
}

function candidate(company: StoredRecord, by: 'domain' | 'name', because: string): MatchCandidate {
  return { crmId: company.id, name: String(company.properties['name'] ?? ''), because, by };
}

function inCountry(company: StoredRecord): string {
  const country = company.properties['country'];
  return country === null || country === undefined || country === '' ? '' : ` (in ${String(country)})`;
}

function comparableDomain(value: unknown): string {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return text
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/\/.*$/, '');
}

function comparableName(value: unknown): string {
  return typeof value === 'string' ? value.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim() : '';
}
