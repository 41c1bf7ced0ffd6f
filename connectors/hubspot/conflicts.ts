import type { ConflictingRecord, ConflictsWanted } from '../../src/crm/conflicts.ts';
import type { CallOptions } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { Caller } from './call.ts';
import { listOwners } from './owners.ts';
import { readAssociations } from './read-associations.ts';
import { readBatch } from './read-batch.ts';
import { ReadAnswer, type StoredRecord } from './schema.ts';
import { searchCompanies } from './search-companies.ts';
import type { StageCatalogue } from './stages.ts';
import { objectBatchPath } from './versions.ts';

const SITE = { stage: 'lookup', write: false } as const;
/** Shown to a person: more than this nobody reads. */
const MOST = 50;
const READ = 100;

/**
 * Open deals of the same customer, found through its company (website domain, name) and its contact (e-mail address): one
 * search and a handful of reads. HubSpot's leads hang on contacts and companies, not on a name of their own, and are not asked.
 */
export async function findConflicts(
  call: Caller,
  stages: StageCatalogue,
  object: string,
  keyField: string,
  wanted: ConflictsWanted,
  options: CallOptions,
): Promise<readonly ConflictingRecord[]> {
  const reasons = new Map([
    ...(await dealsOfCompanies(call, object, wanted, options)),
    ...(await dealsOfContact(call, object, wanted.email, options)),
  ]);
  const deals = await readDeals(call, object, keyField, [...reasons.keys()], options);
  const named = new Set(deals.map((deal) => textOf(deal, 'dealstage') ?? ''));
  const meanings = deals.length === 0 ? new Map() : await stages.meanings(named, options);
  const open = deals
    .filter((deal) => meanings.get(textOf(deal, 'dealstage') ?? '')?.closed !== true)
    .slice(0, MOST);
  const labels = open.length === 0 ? [] : await stages.list(options);
  const owners = await ownerNames(call, open, options);
  return open.map((deal) => {
    const stage = textOf(deal, 'dealstage');
    return {
      object,
      crmId: deal.id,
      name: textOf(deal, 'dealname') ?? deal.id,
      condition: labels.find(({ id }) => id === stage)?.label ?? stage,
      owner: owners.get(textOf(deal, 'hubspot_owner_id') ?? '') ?? null,
      registration: textOf(deal, keyField),
      because: reasons.get(deal.id) ?? 'same customer',
    };
  });
}

type Reasons = Map<string, string>;

async function dealsOfCompanies(
  call: Caller,
  object: string,
  { company, domain }: ConflictsWanted,
  options: CallOptions,
): Promise<Reasons> {
  const asked = { key: company, name: company, ...(domain === undefined ? {} : { domain }) };
  const found = await searchCompanies(call, 'companies', [asked], ['name', 'domain'], options);
  const because = new Map(
    found.map((one) => [
      one.id,
      textOf(one, 'name')?.toLowerCase() === company.toLowerCase()
        ? `its company is named ${company}`
        : `its company has the website ${domain ?? ''}`,
    ]),
  );
  return dealsAt(call, object, 'companies', because, options);
}

async function dealsOfContact(
  call: Caller,
  object: string,
  email: string | undefined,
  options: CallOptions,
): Promise<Reasons> {
  if (email === undefined) return new Map();
  const path = objectBatchPath('contacts', 'read');
  const inputs = [{ id: email.toLowerCase() }];
  const body = { idProperty: 'email', properties: ['email'], propertiesWithHistory: [], inputs };
  const { data } = await call(SITE, { method: 'POST', path, body }, ReadAnswer, options);
  const because = new Map(data.results.map(({ id }) => [id, `its contact has the address ${email}`]));
  return dealsAt(call, object, 'contacts', because, options);
}

/** Deals that hang on these records, each with the reason of its record. */
async function dealsAt(
  call: Caller,
  object: string,
  from: string,
  because: ReadonlyMap<string, string>,
  options: CallOptions,
): Promise<Reasons> {
  const reasons: Reasons = new Map();
  if (because.size === 0) return reasons;
  const hanging = await readAssociations(call, SITE, { from, to: object, ids: [...because.keys()] }, options);
  for (const [id, deals] of hanging)
    for (const deal of deals.keys()) reasons.set(deal, because.get(id) ?? '');
  return reasons;
}

async function readDeals(
  call: Caller,
  object: string,
  keyField: string,
  ids: readonly string[],
  options: CallOptions,
): Promise<StoredRecord[]> {
  const fields = ['dealname', 'dealstage', 'hubspot_owner_id', keyField];
  const deals = new Map<string, StoredRecord>();
  for (let start = 0; start < ids.length; start += READ) {
    const part = ids.slice(start, start + READ);
    const { records } = await readBatch(call, { object, ids: part, fields, site: SITE }, options);
    for (const record of records) deals.set(record.id, record);
  }
  return [...deals.values()];
}

/** Whose deals they are is a courtesy: an app without the scope for owners tells of the deals all the same. */
async function ownerNames(
  call: Caller,
  deals: readonly StoredRecord[],
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  if (!deals.some((deal) => textOf(deal, 'hubspot_owner_id') !== null)) return new Map();
  try {
    const owners = await listOwners(call, false, options);
    return new Map(owners.map(({ id, username }) => [id, username]));
  } catch (error) {
    if (error instanceof SyncError && error.details.httpStatus === 403) return new Map();
    throw error;
  }
}

function textOf({ properties }: StoredRecord, name: string): string | null {
  const value = properties[name] ?? null;
  return value === null || value === '' ? null : String(value);
}
