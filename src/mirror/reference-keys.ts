import { getDomain } from 'tldts';

/** Mail providers whose domain says nothing about the company. */
const freeMailDomains = new Set(
  'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.de gmx.net web.de proton.me protonmail.com mail.com yandex.ru qq.com 163.com'.split(
    ' ',
  ),
);

export interface CompanyFacts {
  name: string;
  domain: string | null;
  country: string | null;
}

/** The key under which one company is one account per connection: its registrable domain, else its normalised name and country. */
export function accountKey(company: CompanyFacts): string {
  const domain = companyDomain(company.domain);
  if (domain) return `domain:${domain}`;
  const name = normaliseCompanyName(company.name);
  return clip(`name:${name}${company.country ? `|${company.country.toLowerCase()}` : ''}`);
}

export function companyDomain(raw: string | null): string | null {
  if (!raw) return null;
  const domain = getDomain(raw.trim().toLowerCase());
  return domain && !freeMailDomains.has(domain) ? domain : null;
}

/** Contacts are one per e-mail address; without an address there is no key, so no contact is mirrored. */
export function contactKey(email: string | null): string | null {
  const address = email?.trim().toLowerCase() ?? '';
  return address === '' ? null : clip(address);
}

export function normaliseCompanyName(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain.replace(/[^\p{L}\p{N}]+/gu, ' ').trim().split(' ');
  const core = words.filter((word) => !legalForms.has(word));
  return (core.length > 0 ? core : words).join(' ');
}

const legalForms = new Set('inc incorporated corp corporation co company llc ltd limited gmbh ag sa sas sarl bv nv plc oy ab spa srl'.split(' '));

/** CRM key fields hold 255 characters. */
function clip(key: string): string {
  return key.slice(0, 255);
}
