import { companyDomain, contactKey, normaliseCompanyName } from './reference-keys.ts';

export interface CustomerFacts {
  company_name: string;
  company_domain: string | null;
  contact_first_name: string | null;
  contact_last_name: string | null;
  contact_email: string | null;
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
