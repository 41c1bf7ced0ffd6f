/** Associations between deals, companies and contacts. HubSpot keeps them once however often they are written. */
import type { CallOptions, LinkOutcome, LinkWanted } from '../../src/crm/connector.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Caller } from './call.ts';
import { associate, DEAL_TO_COMPANY, type Failures, type Pair } from './associate.ts';
import { DEAL_TO_PRIMARY_COMPANY } from './company-fields.ts';
import type { CallSite } from './errors.ts';
import { readAssociations, type Neighbours } from './read-associations.ts';
import { syncNotes } from './tag/note.ts';
import type { PartnerLabel } from './tag/partner-label.ts';

/** HubSpot's own association types, as its client lists them. */
const DEAL_TO_CONTACT = 3;
const CONTACT_TO_COMPANY = 279;

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

/** Nothing once the deal had its customer: another one that the partner names is proposed to the rep, not added. */
function dealToCompanies({ key, dealId, accountId, hadCustomer }: LinkWanted, companies: Companies): Pair[] {
  if (hadCustomer === true) return [];
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
