import type { FoundRecord, MatchWanted } from '../src/crm/matching.ts';
import { matchingFields } from '../src/mapping/sections/matching.ts';
import { chooseMatch, type MatchChoice } from '../src/mirror/choose-match.ts';
import type { ClaimedReference } from '../src/mirror/claim-references.ts';
import { spellingsOf } from '../src/mirror/company-name.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { matchProblem } from '../src/mirror/match-problems.ts';
import { pairCandidates } from '../src/mirror/pair-candidates.ts';
import { plainCandidate } from '../src/mirror/plain-candidate.ts';
import { companyDomain } from '../src/mirror/reference-keys.ts';
import { scoreCandidates, type MatchSubject } from '../src/mirror/score-candidates.ts';
import { callError, failAll, park, resolved, type ReferenceBatch } from './reference-batch.ts';

/**
 * Looks in the CRM for the accounts or contacts of one part of a claim, a few queries for all of them together: links
 * what is clear, parks what a person has to decide.
 * @returns what the CRM does not have
 */
export async function linkFound(
  batch: ReferenceBatch,
  references: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const { connection, claim } = batch;
  const { matching } = connection.mapping;
  const { object, keyField } = connection.mapping[claim.kind];
  const subjects = references.map(toSubject);
  let found: readonly FoundRecord[];
  try {
    const deadline = callDeadline(claim.lease);
    const wanted = subjects.map((subject) => toWanted(subject, batch));
    const fields = matchingFields(matching, claim.kind);
    const request = { kind: claim.kind, object, keyField, wanted, fields };
    found = await connection.connector.findMatches(request, { deadline });
  } catch (error) {
    await failAll(batch, references, callError(error, 'resolve', connection.vendor));
    return [];
  }
  const near = pairCandidates(subjects, found);
  return references.filter((reference, index) => {
    const subject = subjects[index] as MatchSubject;
    const scored = scoreCandidates(subject, near.get(subject.key) ?? [], matching);
    return !decided(batch, reference, subject, chooseMatch(subject, scored, matching));
  });
}

/** @returns false when nothing in the CRM is it */
function decided(
  batch: ReferenceBatch,
  reference: ClaimedReference,
  subject: MatchSubject,
  choice: MatchChoice,
): boolean {
  if (choice.choose === 'create') return false;
  if (choice.choose === 'link') resolved(batch, reference, choice.candidate.crmId, true);
  else {
    const candidates = choice.candidates.map(plainCandidate);
    park(batch, reference, matchProblem(choice.because, subject, candidates), candidates);
  }
  return true;
}

/** What is known of a reference, for judging what the CRM has. A domain that says nothing of the company is none. */
export function toSubject(reference: ClaimedReference): MatchSubject {
  const { kind, key, facts, own, accountId } = reference;
  const isOwn = (domain: string | null): boolean => domain !== null && own.domains.includes(domain);
  const domain = companyDomain(facts.domain ?? null);
  const mail = facts.mailDomain ?? null;
  const person = [facts.firstName, facts.lastName].filter(Boolean).join(' ');
  return {
    kind,
    key,
    name: (kind === 'account' ? facts.name : person) || null,
    domain: isOwn(domain) ? null : domain,
    mailDomain: isOwn(mail) ? null : mail,
    country: facts.country ?? null,
    email: facts.email ?? null,
    person: kind === 'account' && facts.person === true,
    accountId,
    ids: facts.ids ?? {},
    own,
  };
}

function toWanted(subject: MatchSubject, { connection }: ReferenceBatch): MatchWanted {
  const { key, name, domain, mailDomain, country, email, ids, kind, person } = subject;
  if (kind === 'contact') return { key, ...(email ? { email } : {}) };
  const { criteria, otherIds } = connection.mapping.matching.account;
  const website = domain ?? mailDomain;
  const idsByField = otherIds.flatMap(({ field, id }) => (ids[id] === undefined ? [] : [[field, ids[id]]]));
  return {
    key,
    ...(name && criteria.includes('name') ? { name, spellings: spellingsOf(name, country) } : {}),
    ...(website && criteria.includes('domain') ? { domain: website } : {}),
    ...(country ? { country } : {}),
    ...(person && email ? { email } : {}),
    ...(idsByField.length > 0 && criteria.includes('other-id')
      ? { ids: Object.fromEntries(idsByField) as Record<string, string> }
      : {}),
  };
}
