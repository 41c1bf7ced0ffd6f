/** Companies by website domain or name, through the search API; what a hit is worth is judged by the engine. */
import type { CallOptions } from '../../src/crm/connector.ts';
import type { MatchWanted } from '../../src/crm/matching.ts';
import type { Caller } from './call.ts';
import { SearchAnswer, type StoredRecord } from './schema.ts';
import { searchPath } from './versions.ts';

/** HubSpot refuses a search whose body is longer. */
const LONGEST_BODY = 3000;
const MOST_VALUES = 100;
const PAGE = 200;
/** So many companies of a few names are no basis for a choice anyway. */
const MOST_PAGES = 5;

/** The name as given and without its legal form: more would not fit into the few searches a portal grants. */
const MOST_SPELLINGS = 2;

/** Searches for all wanted together (5 searches a second is all a portal grants). */
export async function searchCompanies(
  call: Caller,
  object: string,
  wanted: readonly MatchWanted[],
  properties: readonly string[],
  options: CallOptions,
): Promise<StoredRecord[]> {
  const companies = new Map<string, StoredRecord>();
  for (const filters of fittingSearches(wanted, properties)) {
    for (const company of await searchAll(call, object, filters, options)) companies.set(company.id, company);
  }
  return [...companies.values()];
}

interface Values {
  domains: Set<string>;
  names: Set<string>;
}

/** As few searches as the length of a body allows. A name too long for any search is left out: no search could hold it. */
function fittingSearches(wanted: readonly MatchWanted[], properties: readonly string[]): object[] {
  const searches: object[] = [];
  let values: Values = { domains: new Set(), names: new Set() };
  const flush = (): void => {
    if (values.domains.size + values.names.size > 0) searches.push(searchBody(values, properties));
    values = { domains: new Set(), names: new Set() };
  };
  for (const [kind, value] of wanted.flatMap(valuesOf)) {
    if (!fits(withValue({ domains: new Set(), names: new Set() }, kind, value), properties)) continue;
    if (!fits(withValue(values, kind, value), properties)) flush();
    values[kind].add(value);
  }
  flush();
  return searches;
}

/** IN compares with lower-cased values, so they have to be sent in lower case. */
function valuesOf({ domain, name, spellings }: MatchWanted): [keyof Values, string][] {
  const values: [keyof Values, string][] = [];
  if (comparableDomain(domain) !== '') values.push(['domains', comparableDomain(domain)]);
  for (const one of namesOf(spellings ?? [name ?? ''], values.length > 0)) values.push(['names', one]);
  return values;
}

/**
 * A spelling that only adds to the name as given ("Inc") guesses one legal form of dozens. Beside a domain, which finds
 * the company whatever its form, that guess is not worth a third of all searches.
 */
function namesOf(spellings: readonly string[], hasDomain: boolean): string[] {
  const names = spellings.map((one) => one.trim().toLowerCase()).filter((one) => one !== '');
  const [given] = names;
  return names
    .slice(0, MOST_SPELLINGS)
    .filter((one) => !hasDomain || one === given || !one.startsWith(given ?? ''));
}

function withValue(values: Values, kind: keyof Values, value: string): Values {
  return { ...values, [kind]: new Set([...values[kind], value]) };
}

function fits(values: Values, properties: readonly string[]): boolean {
  if (Math.max(values.domains.size, values.names.size) > MOST_VALUES) return false;
  return JSON.stringify({ ...searchBody(values, properties), after: '99999' }).length <= LONGEST_BODY;
}

function searchBody({ domains, names }: Values, properties: readonly string[]): object {
  const groups = [inFilter('domain', domains), inFilter('name', names)].filter((group) => group !== null);
  return { filterGroups: groups, properties, limit: PAGE };
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

function comparableDomain(value: unknown): string {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return text
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/\/.*$/, '');
}
