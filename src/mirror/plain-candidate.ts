import type { MatchCandidate, Scored } from './score-candidates.ts';

/** What is stored and shown of a candidate. */
export function plainCandidate({ crmId, name, score, reasons, because }: Scored): MatchCandidate {
  return { crmId, name, score, reasons, because };
}
