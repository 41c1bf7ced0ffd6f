import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getDomain } from 'tldts';

/** Mail providers whose domain says nothing about the company. */
const freeMailDomains: ReadonlySet<string> = new Set(
  readFileSync(new URL('./free-mail-domains.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
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
  // Guests of one host (acme.github.io, acme.myshopify.com) are companies of their own.
  const domain = getDomain(raw.trim().toLowerCase(), { allowPrivateDomains: true });
  return domain && !freeMailDomains.has(domain) ? domain : null;
}

/** The domain of an e-mail address, when it is a company's. */
export function mailDomain(email: string | null): string | null {
  return companyDomain(email?.split('@')[1] ?? null);
}

/** Contacts are one per e-mail address; without an address there is no key, so no contact is mirrored. */
export function contactKey(email: string | null): string | null {
  const address = email?.trim().toLowerCase() ?? '';
  return address === '' ? null : clip(address);
}

/**
 * Spellings of one name become one text. Only the accents of Latin, Greek and Cyrillic are dropped: the marks of other
 * scripts (Thai vowels, Japanese voicing) tell different names apart.
 */
export function normaliseCompanyName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase();
  const words = plain
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
    .split(' ');
  const core = words.filter((word) => !legalForms.has(word));
  // A name without a letter ("+++") is kept as it is, or all such companies would be one.
  return (core.length > 0 ? core : words).join(' ') || plain.trim();
}

const legalForms = new Set(
  'inc incorporated corp corporation co company llc ltd limited gmbh ag sa sas sarl bv nv plc oy ab spa srl'.split(
    ' ',
  ),
);

const keyLength = 255;

/** CRM key fields hold 255 characters. A longer key ends in a digest of the whole, so that no two become one. */
function clip(key: string): string {
  if (key.length <= keyLength) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${key.slice(0, keyLength - digest.length - 2).toWellFormed()}~${digest}`;
}
