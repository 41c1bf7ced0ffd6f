import type { FoundRecord } from '../crm/matching.ts';
import type { FieldFilter, Matching } from '../mapping/sections/matching.ts';
import { countryInAnyLanguage } from '../platform/country-names.ts';
import { nameForms, nameLikeness } from './company-name.ts';
import { companyDomain } from './reference-keys.ts';

/** A record of the CRM that may be the one wanted, with what speaks for and against it. Stored, and shown to people. */
export interface MatchCandidate {
  crmId: string;
  name: string;
  /** 0 to 100. */
  score: number;
  /** Each piece of evidence in plain words with its points: 'same website domain acme.com +70'. */
  reasons: readonly string[];
  /** The reasons in one line. */
  because: string;
}

/** What is known of the account or contact that is looked for. */
export interface MatchSubject {
  kind: 'account' | 'contact';
  key: string;
  name: string | null;
  domain: string | null;
  /** Domain of the customer contact's address: evidence where no website is known. */
  mailDomain: string | null;
  country: string | null;
  email: string | null;
  /** Of an account: a person, who is found among persons only. */
  person?: boolean;
  /** Of a contact: the CRM id of its account. */
  accountId: string | null;
  ids: Readonly<Record<string, string>>;
  /** The partners who registered it: none of their own accounts is the customer. */
  own: OwnOfPartners;
}

export interface OwnOfPartners {
  names: readonly string[];
  domains: readonly string[];
  accountIds: readonly string[];
}

export interface Scored extends MatchCandidate {
  /** Not capped: also tells apart those that have a hundred. */
  points: number;
  /** It carries our key for this very record. */
  isOurs: boolean;
  /** It is an account of the partner who registered the deal. */
  isOwn: boolean;
  parentId: string | null;
}

interface Evidence {
  points: number;
  reason: string;
}

/** Scores each record that may be the one wanted; those that a filter of the mapping excludes are left out. */
export function scoreCandidates(
  subject: MatchSubject,
  records: readonly FoundRecord[],
  matching: Matching,
): Scored[] {
  const usable = records.filter(
    (record) => isOurs(subject, record) || !isExcluded(subject, record, matching),
  );
  return usable
    .map((record) => score(subject, record, matching))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.crmId.localeCompare(b.crmId));
}

function score(subject: MatchSubject, record: FoundRecord, matching: Matching): Scored {
  const evidence = isOurs(subject, record)
    ? [{ points: 100, reason: `carries our key ${subject.key}` }]
    : subject.kind === 'account'
      ? accountEvidence(subject, record, matching)
      : contactEvidence(subject, record, matching);
  const points = evidence.reduce((sum, one) => sum + one.points, 0);
  const reasons = evidence.map(({ points: each, reason }) => `${reason} ${signed(each)}`.trim());
  return {
    crmId: record.crmId,
    name: record.name,
    score: Math.max(0, Math.min(100, points)),
    reasons,
    because: reasons.join('; '),
    points,
    isOurs: isOurs(subject, record),
    isOwn: subject.kind === 'account' && isOwn(subject, record),
    parentId: record.parentId,
  };
}

function signed(points: number): string {
  return points === 0 ? '' : points > 0 ? `+${points}` : `−${-points}`;
}

function isOurs(subject: MatchSubject, record: FoundRecord): boolean {
  return record.key === subject.key;
}

function isExcluded(subject: MatchSubject, record: FoundRecord, { account, contact }: Matching): boolean {
  if (subject.kind === 'contact') return contact.exclude.some((filter) => holds(filter, record));
  if (subject.person === true && !record.isPerson) return true;
  if (record.isPerson && subject.person !== true && account.personAccounts === 'exclude') return true;
  return account.exclude.some((filter) => holds(filter, record));
}

function holds({ field, values }: FieldFilter, { fields }: FoundRecord): boolean {
  const value = fields[field];
  return (
    value !== undefined &&
    value !== null &&
    values.some((one) => folded(String(one)) === folded(String(value)))
  );
}

function isOwn({ own }: MatchSubject, record: FoundRecord): boolean {
  const domain = companyDomain(record.website);
  return own.accountIds.includes(record.crmId) || (domain !== null && own.domains.includes(domain));
}

function accountEvidence(
  subject: MatchSubject,
  record: FoundRecord,
  { account, contact, sharedDomains }: Matching,
): Evidence[] {
  const { criteria } = account;
  return [
    ...(subject.person ? addressEvidence(subject, record, account, contact) : []),
    ...(criteria.includes('other-id') ? idEvidence(subject, record, account) : []),
    ...(criteria.includes('domain') ? domainEvidence(subject, record, account, sharedDomains) : []),
    ...(criteria.includes('name') ? nameEvidence(subject, record, account) : []),
    ...countryEvidence(subject, record, account),
    ...keyEvidence(record, account),
  ];
}

/** Of a person: many share a name, and an address tells them apart. */
function addressEvidence(
  { email }: MatchSubject,
  record: FoundRecord,
  account: AccountRules,
  { weights }: Matching['contact'],
): Evidence[] {
  const there = record.email?.trim().toLowerCase() ?? '';
  if (email === null || there === '') return [];
  return there === email.trim().toLowerCase()
    ? [{ points: weights.email, reason: `same e-mail address ${there}` }]
    : [{ points: -account.weights.otherDomain, reason: `another e-mail address: ${there}` }];
}

type AccountRules = Matching['account'];

function idEvidence(
  subject: MatchSubject,
  record: FoundRecord,
  { otherIds, weights }: AccountRules,
): Evidence[] {
  return otherIds.flatMap(({ field, id }) => {
    const wanted = subject.ids[id];
    const there = record.fields[field];
    if (wanted === undefined || there === undefined || there === null || there === '') return [];
    const same = folded(wanted) === folded(String(there));
    return same
      ? [{ points: weights.otherId, reason: `same ${field} ${wanted}` }]
      : [{ points: -weights.otherIdDiffers, reason: `another ${field}: ${String(there)}` }];
  });
}

function domainEvidence(
  subject: MatchSubject,
  record: FoundRecord,
  { weights }: AccountRules,
  shared: readonly string[],
): Evidence[] {
  const wanted = subject.domain ?? subject.mailDomain;
  const there = companyDomain(record.website);
  if (wanted === null || there === null || shared.includes(wanted)) return [];
  if (wanted === there) {
    const whose = subject.domain === null ? "same domain as the contact's address" : 'same website domain';
    return [{ points: weights.domain, reason: `${whose} ${wanted}` }];
  }
  // The contact may write from an address of the group: that it differs from the website says nothing.
  return subject.domain === null
    ? []
    : [{ points: -weights.otherDomain, reason: `another website: ${there}` }];
}

/** From here on two names are called similar: one letter in ten differs. */
const similarFrom = 0.8;

function nameEvidence({ name }: MatchSubject, record: FoundRecord, { weights }: AccountRules): Evidence[] {
  if (name === null || name === '') return [];
  const forms = nameForms(name);
  if ([...nameForms(record.name)].some((form) => forms.has(form)))
    return [{ points: weights.name, reason: `same name ${record.name}` }];
  if (nameLikeness(name, record.name) >= similarFrom)
    return [{ points: weights.similarName, reason: `similar name ${record.name}` }];
  return [{ points: 0, reason: `name differs: ${record.name}` }];
}

function countryEvidence(
  { country }: MatchSubject,
  record: FoundRecord,
  { weights }: AccountRules,
): Evidence[] {
  const wanted = country === null ? undefined : countryInAnyLanguage(country);
  const there = record.country === null ? undefined : countryInAnyLanguage(record.country);
  if (wanted === undefined || there === undefined) return [];
  return wanted === there
    ? [{ points: weights.country, reason: `same country ${there}` }]
    : [{ points: -weights.otherCountry, reason: `another country: ${there}` }];
}

function keyEvidence({ key }: FoundRecord, { weights }: AccountRules): Evidence[] {
  return key === null || key === ''
    ? []
    : [{ points: -weights.otherKey, reason: `is another customer of ours already: ${key}` }];
}

function contactEvidence(
  subject: MatchSubject,
  record: FoundRecord,
  { contact: { weights } }: Matching,
): Evidence[] {
  const evidence: Evidence[] = [];
  if (subject.email !== null && record.email !== null && folded(subject.email) === folded(record.email))
    evidence.push({ points: weights.email, reason: `same e-mail address ${subject.email}` });
  if (subject.name !== null && folded(subject.name) === folded(record.name))
    evidence.push({ points: weights.name, reason: `same name ${record.name}` });
  if (subject.accountId !== null && subject.accountId === record.accountId)
    evidence.push({ points: weights.account, reason: 'belongs to the same account' });
  return evidence;
}

function folded(value: string): string {
  return value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}
