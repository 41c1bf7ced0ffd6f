import type { WiredConnection } from '../mapping/wired-connection.ts';
import { matchingFields } from '../mapping/sections/matching.ts';
import { spellingsOf } from './company-name.ts';
import { pairCandidates } from './pair-candidates.ts';
import { mailDomain } from './reference-keys.ts';
import { scoreCandidates, type MatchCandidate, type MatchSubject } from './score-candidates.ts';
import { plainCandidate } from './plain-candidate.ts';

/** A partner whose own account in the CRM is looked for. */
export interface PartnerSought {
  id: string;
  name: string;
  email: string | null;
}

/**
 * Looks for the accounts of partners. Which one it is stays a person's decision.
 * @returns partner id → candidates, the best first
 * @throws SyncError
 */
export async function searchPartnerAccounts(
  { connector, mapping }: Pick<WiredConnection, 'connector' | 'mapping'>,
  partners: readonly PartnerSought[],
  deadline: number,
): Promise<Map<string, MatchCandidate[]>> {
  const subjects = partners.map(toSubject);
  const { object, keyField } = mapping.account;
  const wanted = subjects.map(({ key, name, domain }) => ({
    key,
    ...(name ? { name, spellings: spellingsOf(name, null) } : {}),
    ...(domain ? { domain } : {}),
  }));
  const fields = matchingFields(mapping.matching, 'account');
  const found = await connector.findMatches(
    { kind: 'account', object, keyField, wanted, fields },
    { deadline },
  );
  const near = pairCandidates(subjects, found);
  return new Map(
    subjects.map((subject) => [
      subject.key,
      scoreCandidates(subject, near.get(subject.key) ?? [], mapping.matching).map(plainCandidate),
    ]),
  );
}

function toSubject({ id, name, email }: PartnerSought): MatchSubject {
  return {
    kind: 'account',
    key: id,
    name,
    domain: mailDomain(email),
    mailDomain: null,
    country: null,
    email: null,
    accountId: null,
    ids: {},
    own: { names: [], domains: [], accountIds: [] },
  };
}
