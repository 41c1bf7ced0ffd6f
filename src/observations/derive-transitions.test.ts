import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DealSnapshot, StageEntry } from '../crm/connector.ts';
import { deriveTransitions, historyLags, valueDigest } from './derive-transitions.ts';

const conditions = { open: [false, false], won: [true, true], lost: [true, false] } as const;
type Condition = keyof typeof conditions;

function history(...stages: Condition[]): StageEntry[] {
  return stages.map((stage, index) => {
    const [closed, won] = conditions[stage];
    return { id: `h${index + 1}`, at: new Date(Date.UTC(2026, 0, index + 1)), stage, closed, won };
  });
}

function kinds(...stages: Condition[]): string[] {
  return deriveTransitions(history(...stages)).map(({ kind, historyId }) => `${kind}:${historyId}`);
}

describe('what a stage history says happened', () => {
  it('is nothing while the deal moves among open stages', () => {
    expect(kinds()).toEqual([]);
    expect(kinds('open', 'open', 'open')).toEqual([]);
  });

  it('is one win per entry into won, however many rows the vendor writes meanwhile', () => {
    expect(kinds('open', 'won', 'won', 'won')).toEqual(['won:h2']);
    expect(kinds('won')).toEqual(['won:h1']);
  });

  it('is two wins when it was reopened between two looks', () => {
    expect(kinds('open', 'won', 'open', 'open', 'won')).toEqual(['won:h2', 'reopened:h3', 'won:h5']);
  });

  it('tells a win turned into a loss from a reopening', () => {
    expect(kinds('won', 'lost', 'won', 'lost', 'open')).toEqual([
      'won:h1',
      'lost:h2',
      'won:h3',
      'lost:h4',
      'reopened:h5',
    ]);
  });

  it('never repeats itself: the same kind twice in a row cannot be, and only what was closed can be reopened', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Condition>('open', 'won', 'lost')), (stages) => {
        const found = deriveTransitions(history(...stages)).map(({ kind }) => kind);
        found.forEach((kind, index) => expect(kind).not.toBe(found[index - 1]));
        expect(found[0]).not.toBe('reopened');
        const last = stages.at(-1) ?? 'open';
        expect(found.at(-1) ?? 'reopened').toBe(last === 'open' ? 'reopened' : last);
      }),
    );
  });

  it('only grows while the history grows', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Condition>('open', 'won', 'lost')), fc.nat(), (stages, cut) => {
        const all = history(...stages);
        const before = deriveTransitions(all.slice(0, cut % (all.length + 1)));
        expect(deriveTransitions(all).slice(0, before.length)).toEqual(before);
      }),
    );
  });
});

describe('a history that has not caught up', () => {
  function snapshot(deleted: boolean, ...stages: Condition[]): DealSnapshot {
    return { crmId: 'r', deleted, modifiedAt: new Date(0), fields: {}, stageHistory: history(...stages) };
  }

  it('ends in another stage than the record is in, or has not begun', () => {
    expect(historyLags(snapshot(false, 'open'), 'won')).toBe(true);
    expect(historyLags(snapshot(false), 'won')).toBe(true);
    expect(historyLags(snapshot(false, 'open', 'won'), 'won')).toBe(false);
  });

  it('is not waited for where nothing can be said: deleted records, records without a stage', () => {
    expect(historyLags(snapshot(true, 'open'), 'won')).toBe(false);
    expect(historyLags(snapshot(false, 'open'), null)).toBe(false);
  });
});

describe('the digest of a value', () => {
  it('does not run its parts together', () => {
    expect(valueDigest('a', 'bc')).not.toBe(valueDigest('ab', 'c'));
    expect(valueDigest(null)).not.toBe(valueDigest('null'));
    expect(valueDigest('a', null)).toBe(valueDigest('a', null));
  });
});
