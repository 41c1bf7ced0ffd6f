import type { Matching } from '../mapping/sections/matching.ts';
import { nameForms } from './company-name.ts';
import type { MatchSubject, Scored } from './score-candidates.ts';

export type MatchChoice =
  | { choose: 'link'; candidate: Scored }
  | { choose: 'create' }
  | { choose: 'ask'; because: 'several' | 'unsure' | 'partner-itself'; candidates: readonly Scored[] };

/**
 * Our own key decides alone. Otherwise the best is linked when its score is high enough and clearly ahead of the second;
 * between the thresholds, and where two are about equal, a person is asked. The partner's own account is never the
 * customer's: where only that is left nothing is linked and nothing is created.
 */
export function chooseMatch(
  subject: MatchSubject,
  scored: readonly Scored[],
  matching: Matching,
): MatchChoice {
  const ours = scored.filter(({ isOurs }) => isOurs);
  if (ours[0])
    return ours.length === 1 ? link(ours[0]) : { choose: 'ask', because: 'several', candidates: ours };
  const foreign = scored.filter(({ isOwn }) => !isOwn);
  const worthy = foreign.filter(({ points }) => points >= matching.ask);
  const best = worthy[0];
  if (!best) return withoutMatch(subject, scored, matching);
  const equals = worthy.filter(({ points }) => best.points - points < matching.ahead);
  if (equals.length === 1)
    return best.points >= matching.link
      ? link(best)
      : { choose: 'ask', because: 'unsure', candidates: worthy };
  const top = matching.account.hierarchy === 'ultimate-parent' ? topOfFamily(equals, foreign) : null;
  if (top && best.points >= matching.link) return link(top);
  return { choose: 'ask', because: 'several', candidates: worthy };
}

function link(candidate: Scored): MatchChoice {
  return { choose: 'link', candidate };
}

function withoutMatch(subject: MatchSubject, scored: readonly Scored[], { ask }: Matching): MatchChoice {
  const own = scored.filter(({ isOwn, points }) => isOwn && points >= ask);
  if (own.length > 0 || namesPartner(subject))
    return { choose: 'ask', because: 'partner-itself', candidates: own };
  return { choose: 'create' };
}

function namesPartner({ kind, name, own }: MatchSubject): boolean {
  if (kind !== 'account' || name === null) return false;
  const forms = nameForms(name);
  return own.names.some((partner) => [...nameForms(partner)].some((form) => forms.has(form)));
}

/** The one account above all of these, when they are one family and it was found as well. */
function topOfFamily(equals: readonly Scored[], found: readonly Scored[]): Scored | null {
  const byId = new Map(found.map((one) => [one.crmId, one]));
  const tops = new Set(equals.map((one) => topOf(one, byId)));
  const [top] = tops;
  return tops.size === 1 && top !== undefined ? (byId.get(top) ?? null) : null;
}

function topOf(one: Scored, byId: ReadonlyMap<string, Scored>): string {
  const seen = new Set<string>();
  let at = one.crmId;
  for (let parent = one.parentId; parent !== null && !seen.has(parent);) {
    seen.add(parent);
    at = parent;
    parent = byId.get(parent)?.parentId ?? null;
  }
  return at;
}
