import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MatchCandidate } from '../crm/connector.ts';
import { chooseMatch } from './choose-match.ts';

function candidate(crmId: string, by: MatchCandidate['by']): MatchCandidate {
  return { crmId, name: crmId, because: by, by };
}

describe('choosing among candidates', () => {
  it('creates when nothing was found', () => {
    expect(chooseMatch([])).toEqual({ choose: 'create' });
  });

  it('links the one record with the strongest evidence', () => {
    const found = [candidate('n', 'name'), candidate('d', 'domain'), candidate('k', 'our-key')];
    expect(chooseMatch(found)).toMatchObject({ choose: 'link', candidate: { crmId: 'k' } });
    expect(chooseMatch(found.slice(0, 2))).toMatchObject({ choose: 'link', candidate: { crmId: 'd' } });
  });

  it('asks a person when the strongest evidence names two, even if weaker evidence names one', () => {
    const found = [candidate('a', 'domain'), candidate('b', 'domain'), candidate('a', 'name')];
    expect(chooseMatch(found)).toEqual({ choose: 'ask', candidates: found.slice(0, 2) });
  });

  it('counts one record found twice once', () => {
    expect(chooseMatch([candidate('a', 'domain'), candidate('a', 'domain')])).toMatchObject({
      choose: 'link',
    });
  });

  it('never depends on the order of the answer, and never links one of two equals', () => {
    const strength = ['our-key', 'email', 'domain', 'name'] as const;
    const candidates = fc.array(
      fc
        .record({ crmId: fc.constantFrom('a', 'b', 'c'), by: fc.constantFrom(...strength) })
        .map(({ crmId, by }) => candidate(crmId, by)),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(candidates, (found) => {
        const choice = chooseMatch(found);
        expect(chooseMatch(found.toReversed()).choose).toBe(choice.choose);
        if (choice.choose !== 'link') return;
        const best = strength.find((by) => found.some((one) => one.by === by));
        const equals = new Set(found.filter((one) => one.by === best).map((one) => one.crmId));
        expect([...equals]).toEqual([choice.candidate.crmId]);
      }),
    );
  });
});
