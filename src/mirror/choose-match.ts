import type { MatchCandidate } from '../crm/connector.ts';

export type MatchChoice =
  | { choose: 'link'; candidate: MatchCandidate }
  | { choose: 'create' }
  | { choose: 'ask'; candidates: readonly MatchCandidate[] };

/**
 * Our own key decides alone; otherwise the strongest kind of evidence present decides, if it names exactly one record.
 * Two records with equal evidence are never guessed between: a person chooses.
 */
export function chooseMatch(candidates: readonly MatchCandidate[]): MatchChoice {
  for (const evidence of ['our-key', 'email', 'domain', 'name'] as const) {
    const found = distinct(candidates.filter((candidate) => candidate.by === evidence));
    const only = found[0];
    if (found.length === 1 && only) return { choose: 'link', candidate: only };
    if (found.length > 1) return { choose: 'ask', candidates: found };
  }
  return { choose: 'create' };
}

function distinct(candidates: readonly MatchCandidate[]): MatchCandidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.crmId, candidate])).values()];
}
