import type { CallOptions } from '../../src/crm/connector.ts';
import type { UnregisteredDeal, UnregisteredWanted } from '../../src/crm/unregistered.ts';
import type { Caller } from './call.ts';
import { readAssociations, type Neighbours } from './read-associations.ts';
import { SearchAnswer, type StoredRecord } from './schema.ts';
import type { StageCatalogue } from './stages.ts';
import { searchPath } from './versions.ts';

const SITE = { stage: 'poll', write: false } as const;
const PAGE = 200;
/** A look tells people of some records; it is no way to copy a portal. */
const MOST_PAGES = 10;
const DEAL_TO_PRIMARY_COMPANY = 5;

/** One search for whatever is looked for, a group of filters per question; one call more for the companies of what was found. */
export async function findUnregistered(
  call: Caller,
  stages: StageCatalogue,
  wanted: UnregisteredWanted,
  options: CallOptions,
): Promise<readonly UnregisteredDeal[]> {
  const rows = await search(call, wanted, options);
  if (rows.length === 0) return [];
  const named = new Set(rows.flatMap((row) => textOf(row, 'dealstage') ?? []));
  const meanings = await stages.meanings(named, options);
  const ends = { from: wanted.object, to: 'companies', ids: rows.map(({ id }) => id) };
  const companies = await readAssociations(call, SITE, ends, options);
  return rows.map((row) => {
    const stage = meanings.get(textOf(row, 'dealstage') ?? '');
    const kind = wanted.renewals === null ? null : textOf(row, wanted.renewals.field);
    return {
      crmId: row.id,
      name: textOf(row, 'dealname') ?? row.id,
      tag: wanted.tagField === null ? null : textOf(row, wanted.tagField),
      renewal: kind !== null && wanted.renewals?.values.includes(kind) === true,
      accountId: customerOf(companies.get(row.id)),
      closed: stage?.closed ?? false,
      won: stage?.won ?? false,
      amount: textOf(row, 'amount'),
      currency: wanted.withCurrency ? textOf(row, 'deal_currency_code') : null,
      closeDate: textOf(row, 'closedate')?.slice(0, 10) ?? null,
    };
  });
}

/** The primary company, or the only one where none is; of several nothing says which is the customer. */
function customerOf(companies: Neighbours | undefined): string | null {
  const all = [...(companies ?? [])];
  const primary = all.find(([, types]) => types.includes(DEAL_TO_PRIMARY_COMPANY));
  return (primary ?? (all.length === 1 ? all[0] : undefined))?.[0] ?? null;
}

/** Pages are continued by record id, as polls are: see `pull.ts`. */
async function search(
  call: Caller,
  wanted: UnregisteredWanted,
  options: CallOptions,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  const path = searchPath(wanted.object);
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const filterGroups = questions(wanted, after);
    if (filterGroups.length === 0) return [];
    const body = { filterGroups, sorts: ['hs_object_id'], properties: properties(wanted), limit: PAGE };
    const { data } = await call(SITE, { method: 'POST', path, body }, SearchAnswer, options);
    found.push(...data.results);
    after = data.results.at(-1)?.id;
    if (after === undefined || (data.paging?.next === undefined && data.results.length < PAGE)) break;
  }
  return found;
}

function questions(
  { keyField, tagField, renewals, window }: UnregisteredWanted,
  after: string | undefined,
): object[] {
  const common = [
    { propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: String(window.from.getTime()) },
    { propertyName: 'hs_lastmodifieddate', operator: 'LT', value: String(window.to.getTime()) },
    { propertyName: keyField, operator: 'NOT_HAS_PROPERTY' },
    ...(after === undefined ? [] : [{ propertyName: 'hs_object_id', operator: 'GT', value: after }]),
  ];
  const asked = [
    ...(tagField === null ? [] : [{ propertyName: tagField, operator: 'HAS_PROPERTY' }]),
    ...(renewals === null || renewals.values.length === 0
      ? []
      : [{ propertyName: renewals.field, operator: 'IN', values: [...renewals.values] }]),
  ];
  return asked.map((one) => ({ filters: [...common, one] }));
}

function properties({ tagField, renewals, withCurrency }: UnregisteredWanted): string[] {
  return [
    ...new Set([
      ...['dealname', 'dealstage', 'amount', 'closedate'],
      ...(withCurrency ? ['deal_currency_code'] : []),
      ...(tagField === null ? [] : [tagField]),
      ...(renewals === null ? [] : [renewals.field]),
    ]),
  ];
}

/** An empty property is none. */
function textOf({ properties: held }: StoredRecord, name: string): string | null {
  const value = held[name] ?? null;
  return value === null || value === '' ? null : String(value);
}
