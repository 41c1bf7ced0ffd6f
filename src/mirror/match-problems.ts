import type { SyncErrorDetails } from '../crm/sync-error.ts';
import type { StoredError } from './deal-result.ts';
import type { MatchCandidate, MatchSubject } from './score-candidates.ts';

/** Why an account or contact, or with `duplicateRule` a deal, waits for a person's choice. Kinds of the stored error. */
export const matchProblems = {
  several: 'several-matches',
  unsure: 'unsure-match',
  partnerItself: 'customer-is-partner',
  creationOff: 'creation-off',
  deleted: 'deleted-in-crm',
  duplicateRule: 'possible-duplicate',
} as const;

const choose = 'Choose one: tributary matches list, then tributary matches choose.';

/** What a person is told where the CRM's records leave it open which one it is. */
export function matchProblem(
  because: 'several' | 'unsure' | 'partner-itself',
  subject: MatchSubject,
  candidates: readonly MatchCandidate[],
): StoredError {
  const best = candidates[0];
  const shown = best === undefined ? '' : ` The best: ${best.name}, ${best.score} of 100 (${best.because}).`;
  if (because === 'several') {
    return {
      kind: matchProblems.several,
      plain: `${candidates.length} ${subject.kind}s in the CRM match ${nameOf(subject)} about equally well.${shown}`,
      nextStep: `${choose} Or merge them in the CRM and redrive.`,
    };
  }
  if (because === 'unsure') {
    return {
      kind: matchProblems.unsure,
      plain: `It is not sure which ${subject.kind} of the CRM ${nameOf(subject)} is.${shown}`,
      nextStep: choose,
    };
  }
  return {
    kind: matchProblems.partnerItself,
    plain: `The customer ${nameOf(subject)} looks like the partner who registered the deal: the partner's own account is never taken for the customer.${shown}`,
    nextStep:
      'Ask the partner who the customer is and correct the deal, or choose: tributary matches choose.',
  };
}

/** The mapping says `createAccounts: false`. */
export function creationOff(subject: MatchSubject): StoredError {
  return {
    kind: matchProblems.creationOff,
    plain: `No account of the CRM matches ${nameOf(subject)}, and creating accounts is switched off.`,
    nextStep:
      'Create it in the CRM and redrive, or name the account: tributary matches choose … --crm-id. To let Tributary create accounts, set matching.createAccounts in the mapping.',
  };
}

/** What it was is deleted in the CRM, and nothing else there matches. */
export function deletedInCrm(subject: MatchSubject, crmId: string): StoredError {
  return {
    kind: matchProblems.deleted,
    plain: `The ${subject.kind} of ${nameOf(subject)}, ${crmId}, was deleted in the CRM and nothing else there matches.`,
    nextStep:
      'Restore it in the CRM, which is noticed by itself, or choose: tributary matches choose … --crm-id for another one, --create for a new one.',
  };
}

/** A duplicate rule of the CRM refused the record. */
export function possibleDuplicate(
  subject: MatchSubject,
  rule: { name: string; mayBeAllowed: boolean },
  candidates: readonly MatchCandidate[],
): StoredError {
  const named = rule.name === '' ? 'A duplicate rule' : `The duplicate rule ${rule.name}`;
  const allow = rule.mayBeAllowed
    ? '--allow to create it all the same'
    : 'the rule blocks: creating it all the same is not possible';
  return {
    kind: matchProblems.duplicateRule,
    plain: `${named} of the CRM found ${candidates.length === 1 ? `one ${subject.kind}` : `${candidates.length} ${subject.kind}s`} like ${nameOf(subject)}: ${candidates.map(({ name, crmId }) => `${name} (${crmId})`).join(', ')}.`,
    nextStep: `Decide: tributary matches choose … --crm-id to link one of them; ${allow}.`,
  };
}

/** A duplicate rule of the CRM refused a deal, or `isKnown` a change to one that is there. */
export function possibleDuplicateDeal(
  { duplicateRule }: Pick<SyncErrorDetails, 'duplicateRule'>,
  candidates: readonly MatchCandidate[],
  isKnown: boolean,
): Pick<StoredError, 'kind' | 'plain' | 'nextStep'> {
  const named = duplicateRule?.name ? `The duplicate rule ${duplicateRule.name}` : 'A duplicate rule';
  const found = candidates
    .map(({ name, crmId }) => (name === crmId ? crmId : `${name} (${crmId})`))
    .join(', ');
  const attach = isKnown ? '' : '--crm-id to attach the deal to one of them; ';
  const allow = duplicateRule?.mayBeAllowed
    ? '--allow to write it all the same, this once'
    : 'the rule blocks: writing it all the same is not possible until the CRM is changed';
  return {
    kind: matchProblems.duplicateRule,
    plain: `${named} of the CRM found records like this deal: ${found || 'none that we may see'}.`,
    nextStep: `Decide: tributary matches choose … deal …: ${attach}${allow}.`,
  };
}

function nameOf({ name, key, domain }: MatchSubject): string {
  return name === null ? key : domain === null ? name : `${name} (${domain})`;
}
