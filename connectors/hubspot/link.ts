/** Associations between deals, companies and contacts. HubSpot keeps them once however often they are written. */
import type { CallOptions, LinkOutcome, LinkWanted } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Caller } from './call.ts';
import { fromItemError, lacksResult, type CallSite } from './errors.ts';
import { readAssociations, type Neighbours } from './read-associations.ts';
import { AssociationWriteAnswer, type VendorError } from './schema.ts';
import { sendSplitting } from './split-batch.ts';
import { syncNotes } from './tag/note.ts';
import type { PartnerLabel } from './tag/partner-label.ts';
import { associationBatchPath } from './versions.ts';

/** HubSpot's own association types, as its client lists them. */
const DEAL_TO_CONTACT = 3;
const DEAL_TO_PRIMARY_COMPANY = 5;
const DEAL_TO_COMPANY = 341;
const CONTACT_TO_COMPANY = 279;

const SITE: CallSite = { stage: 'link', write: true };

interface Pair {
  from: string;
  to: string;
  type: number;
  /** A label of the portal's own, besides. */
  label?: number;
  /** Keys of the deals that need it. */
  keys: string[];
}

type Failures = Map<string, SyncError>;

/**
 * deal → company (primary), deal → partner's company, deal → contact, contact → company.
 * Outcomes are in the order of the request; a deal is linked when all of its own are.
 */
export async function link(
  { call, clock, labelOf }: Linking,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<LinkOutcome[]> {
  const companies = await companiesOfOlderDeals(call, links, options);
  const hasPartner = links.some(({ partnerAccountId }) => partnerAccountId !== undefined);
  const label = hasPartner ? await labelOf(options) : null;
  const failures: Failures = new Map();
  await associate(
    call,
    'deals',
    'companies',
    links.flatMap((wanted) => dealToCompanies(wanted, companies)),
    failures,
    options,
  );
  const partners = links.flatMap((wanted) => dealToPartner(wanted, companies, label));
  await associate(call, 'deals', 'companies', partners, failures, options);
  await associate(call, 'deals', 'contacts', links.flatMap(dealToContact), failures, options);
  await associate(call, 'contacts', 'companies', links.flatMap(contactToCompany), failures, options);
  const notes = await syncNotes(call, clock, links, options);
  return links.map(({ key, tags }) => {
    const note = notes.get(key);
    const error = failures.get(key) ?? note?.error;
    const result = note?.result === undefined ? {} : { note: note.result };
    const told = tags === undefined ? {} : { tags: result };
    return error === undefined
      ? { key, status: 'linked', ...told }
      : { key, status: 'failed', error, ...told };
  });
}

/** What linking needs. */
export interface Linking {
  call: Caller;
  clock: Clock;
  labelOf: PartnerLabel;
}

/** Company ids that a deal has, with the association types. */
type Companies = ReadonlyMap<string, Neighbours>;

/** A deal that was not created in this run may have got another primary company from a rep: it must not be taken away. */
async function companiesOfOlderDeals(
  call: Caller,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<Companies> {
  const older = [...new Set(links.filter(({ fresh }) => !fresh).map(({ dealId }) => dealId))];
  if (older.length === 0) return new Map();
  const site: CallSite = { stage: 'link', write: false };
  return readAssociations(call, site, { from: 'deals', to: 'companies', ids: older }, options);
}

function dealToCompanies({ key, dealId, accountId }: LinkWanted, companies: Companies): Pair[] {
  const existing = companies.get(dealId);
  const hasPrimary = [...(existing?.values() ?? [])].some((types) => types.includes(DEAL_TO_PRIMARY_COMPANY));
  const pairs: Pair[] = [];
  if (!existing?.has(accountId)) {
    pairs.push({
      from: dealId,
      to: accountId,
      type: hasPrimary ? DEAL_TO_COMPANY : DEAL_TO_PRIMARY_COMPANY,
      keys: [key],
    });
  } else if (!hasPrimary) {
    pairs.push({ from: dealId, to: accountId, type: DEAL_TO_PRIMARY_COMPANY, keys: [key] });
  }
  return pairs;
}

/**
 * After the customer, so that the partner's company never becomes the primary one. With the portal's own label where it has one;
 * HubSpot keeps a label beside whatever else the two are to each other.
 */
function dealToPartner(
  { key, dealId, accountId, partnerAccountId }: LinkWanted,
  companies: Companies,
  label: number | null,
): Pair[] {
  if (partnerAccountId === undefined) return [];
  const types = companies.get(dealId)?.get(partnerAccountId);
  const pair = { from: dealId, to: partnerAccountId, type: DEAL_TO_COMPANY, keys: [key] };
  if (label !== null) return types?.includes(label) ? [] : [{ ...pair, label }];
  return types !== undefined || partnerAccountId === accountId ? [] : [pair];
}

function dealToContact({ key, dealId, contactId }: LinkWanted): Pair[] {
  return contactId === undefined ? [] : [{ from: dealId, to: contactId, type: DEAL_TO_CONTACT, keys: [key] }];
}

/** Not as the primary company: which one that is stays with the rep (and with HubSpot, for a contact without any). */
function contactToCompany({ key, accountId, contactId }: LinkWanted): Pair[] {
  return contactId === undefined
    ? []
    : [{ from: contactId, to: accountId, type: CONTACT_TO_COMPANY, keys: [key] }];
}

async function associate(
  call: Caller,
  from: string,
  to: string,
  wanted: readonly Pair[],
  failures: Failures,
  options: CallOptions,
): Promise<void> {
  const pairs = withoutRepeats(wanted);
  if (pairs.length === 0) return;
  const path = associationBatchPath(from, to, 'create');
  const failed = await sendSplitting<Pair, { pair: Pair; error?: SyncError }>(pairs, {
    send: async (part) => {
      const body = { inputs: part.map(inputOf) };
      const { data } = await call(SITE, { method: 'POST', path, body }, AssociationWriteAnswer, options);
      return outcomesOf(part, data.results, data.errors);
    },
    failed: (pair, error) => ({ pair, error }),
  });
  for (const { pair, error } of failed) {
    if (error !== undefined) for (const key of pair.keys) failures.set(key, error);
  }
}

function inputOf({ from, to, type, label }: Pair): object {
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type }];
  if (label !== undefined) types.push({ associationCategory: 'USER_DEFINED', associationTypeId: label });
  return { from: { id: from }, to: { id: to }, types };
}

/** Several deals of one contact want the same association of that contact. */
function withoutRepeats(pairs: readonly Pair[]): Pair[] {
  const unique = new Map<string, Pair>();
  for (const pair of pairs) {
    const same = unique.get(nameOf(pair));
    if (same) same.keys.push(...pair.keys);
    else unique.set(nameOf(pair), { ...pair, keys: [...pair.keys] });
  }
  return [...unique.values()];
}

/** A pair whose record was merged answers under the other record's id, so what is left over is matched by number. */
function outcomesOf(
  pairs: readonly Pair[],
  results: readonly { fromObjectId: string; toObjectId: string }[],
  errors: readonly VendorError[],
): { pair: Pair; error?: SyncError }[] {
  const made = new Set(results.map(({ fromObjectId, toObjectId }) => `${fromObjectId}>${toObjectId}`));
  const unmatched = pairs.filter(({ from, to }) => !made.delete(`${from}>${to}`));
  const refused = new Map(
    unmatched.flatMap((pair) => {
      const error = errors.find((one) => speaksOf(one, pair));
      return error === undefined ? [] : [[pair, fromItemError(error, SITE)] as const];
    }),
  );
  const allMade = made.size >= unmatched.length - refused.size;
  return pairs.map((pair) => {
    const error = refused.get(pair);
    if (error !== undefined) return { pair, error };
    return unmatched.includes(pair) && !allMade ? { pair, error: lacksResult(SITE) } : { pair };
  });
}

/** Which ids an error's context names differs by the fault: any mention of either end counts. */
function speaksOf({ context, message }: VendorError, { from, to }: Pair): boolean {
  const said: readonly string[] = JSON.stringify([context ?? {}, message ?? '']).match(/\d+/g) ?? [];
  return said.includes(from) || said.includes(to);
}

function nameOf({ from, to, type }: Pair): string {
  return `${from}>${to}:${type}`;
}
