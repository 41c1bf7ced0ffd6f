import type { Sql } from '../platform/database/database.ts';
import { companyDomain, contactKey, normaliseCompanyName } from './reference-keys.ts';

export interface CustomerFacts {
  company_name: string;
  company_domain: string | null;
  contact_first_name: string | null;
  contact_last_name: string | null;
  contact_email: string | null;
  contact_phone: string | null;
}

/**
 * The key of a customer who is a person, null for a company: no website, and the contact's own name where a company's belongs.
 * By address, because many people share a name; without one nobody can be told apart, so that it is a company by that name.
 */
export function personKey(deal: CustomerFacts): string | null {
  const email = contactKey(deal.contact_email);
  if (email === null || companyDomain(deal.company_domain) !== null) return null;
  const [first, last] = [deal.contact_first_name ?? '', deal.contact_last_name ?? ''];
  const name = normaliseCompanyName(deal.company_name);
  if (first === '' || last === '') return null;
  const isTheirs = [`${first} ${last}`, `${last} ${first}`].some((one) => normaliseCompanyName(one) === name);
  return isTheirs ? `person:${email}`.slice(0, 255) : null;
}

/** A person who was mirrored as a company before stays that company. As `deal connection`. */
export async function knownCompanyKeys(
  tx: Sql,
  deals: readonly (CustomerFacts & { id: string })[],
  connections: readonly { persons: boolean }[],
): Promise<ReadonlySet<string>> {
  const persons = deals.filter((deal) => personKey(deal) !== null);
  if (persons.length === 0 || !connections.some((one) => one.persons)) return new Set();
  const rows = await tx.query<{ known: string }>(
    `SELECT deal_id || ' ' || connection_id AS known FROM mirrors
      WHERE deal_id = ANY($1::uuid[]) AND account_key NOT LIKE 'person:%'`,
    [persons.map(({ id }) => id)],
  );
  return new Set(rows.map(({ known }) => known));
}

/** What an account that is a person is made of. */
export function personFacts(deal: CustomerFacts): object {
  return {
    person: true,
    firstName: deal.contact_first_name,
    lastName: deal.contact_last_name,
    email: contactKey(deal.contact_email),
    phone: deal.contact_phone,
  };
}
