import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CrmDeal, remember, unseenRecord, type Condition } from '../../test/fixtures/crm-deal.ts';
import { judgeSnapshot, type Judgement, type StoredRecord } from './judge-snapshot.ts';

/** Looks at the deal as an observer does: judges, then keeps what was judged. */
function look(stored: StoredRecord, deal: CrmDeal): { judgement: Judgement; stored: StoredRecord } {
  const judgement = judgeSnapshot(stored, deal.snapshot(), deal.observed(), 'EUR');
  return { judgement, stored: remember(stored, judgement) };
}

function lookTwice(deal: CrmDeal, change: (deal: CrmDeal) => void, record: StoredRecord = unseenRecord()) {
  const first = look(record, deal);
  change(deal);
  return { first: first.judgement, ...look(first.stored, deal) };
}

function kinds(judgement: Judgement): string[] {
  return judgement.transitions.map(({ kind }) => kind);
}

describe('judging a snapshot', () => {
  it('finds nothing in a deal that is still open', () => {
    const { judgement } = look(unseenRecord(), new CrmDeal());
    expect(judgement).toEqual({
      transitions: [],
      epochs: [],
      status: 'approved',
      deletion: null,
      drifted: false,
    });
  });

  it('makes a win one live epoch at the amount of the record', () => {
    const { judgement } = look(unseenRecord(), new CrmDeal().setAmount('1234.5').move('won'));
    expect(kinds(judgement)).toEqual(['won']);
    expect(judgement.epochs).toMatchObject([
      {
        epoch: 1,
        live: true,
        amountMinor: 123450n,
        currency: 'EUR',
        endedBy: null,
        earnsNothingBecause: null,
      },
    ]);
    expect(judgement.status).toBe('won');
  });

  it('counts won, reopened and won again between two looks as two epochs, the first one ended', () => {
    const { judgement } = lookTwice(new CrmDeal(), (deal) =>
      deal.move('won').move('open').setAmount('50.00').move('won'),
    );
    expect(kinds(judgement)).toEqual(['won', 'reopened', 'won']);
    expect(judgement.epochs).toMatchObject([
      { epoch: 1, live: false, endedBy: 'reopened', amountMinor: 10000n },
      { epoch: 2, live: true, endedBy: null, amountMinor: 5000n },
    ]);
  });

  it('ends the epoch when a won deal is reopened or lost', () => {
    for (const [next, endedBy, status] of [
      ['open', 'reopened', 'approved'],
      ['lost', 'lost', 'lost'],
    ] as const) {
      const { judgement } = lookTwice(new CrmDeal().move('won'), (deal) => deal.move(next));
      expect(judgement.epochs).toMatchObject([{ epoch: 1, live: false, endedBy }]);
      expect(judgement.status).toBe(status);
    }
  });

  it('finds nothing new when it judges the same twice', () => {
    const { judgement } = lookTwice(new CrmDeal().move('won').move('open').move('won'), () => undefined);
    expect(judgement).toMatchObject({ transitions: [], epochs: [], deletion: null });
  });

  it('notes a changed amount of a live win, each time it changes', () => {
    const deal = new CrmDeal().move('won');
    const raised = lookTwice(deal, () => deal.setAmount('150.00'));
    expect(raised.judgement.transitions).toMatchObject([
      { kind: 'amount-changed', epoch: 1, amountMinor: 15000n },
    ]);
    expect(raised.judgement.epochs).toMatchObject([{ epoch: 1, live: true, amountMinor: 15000n }]);
    const back = look(raised.stored, deal.setAmount('100.00'));
    const again = look(back.stored, deal.setAmount('150.00'));
    const ids = [raised, back, again].map(({ judgement }) => judgement.transitions[0]?.historyId);
    expect(new Set(ids).size).toBe(3);
  });

  it('leaves an ended win at the amount it was seen with, whatever happens to the record later', () => {
    const deal = new CrmDeal().move('won');
    const { stored } = lookTwice(deal, () => deal.move('open'));
    const later = look(stored, deal.setAmount('999.00'));
    expect(later.judgement.epochs).toEqual([]);
    expect(later.judgement.transitions).toEqual([]);
  });

  it('never rounds an amount: one the currency cannot carry is no amount', () => {
    for (const amount of ['10.005', 'abc', '', null]) {
      const { judgement } = look(unseenRecord(), new CrmDeal().setAmount(amount).move('won'));
      expect(judgement.epochs).toMatchObject([{ live: true, amountMinor: null, currency: 'EUR' }]);
    }
  });

  it('takes the currency of the org where the record carries none', () => {
    const deal = new CrmDeal().move('won');
    const judgement = judgeSnapshot(unseenRecord(), deal.snapshot(), { amount: '100' }, 'JPY');
    expect(judgement.epochs).toMatchObject([{ amountMinor: 100n, currency: 'JPY' }]);
  });

  it('ends the win of a deleted record and takes it up again, under its number, when the record comes back', () => {
    const deal = new CrmDeal().move('won');
    const deleted = lookTwice(deal, () => deal.setDeleted(true));
    expect(kinds(deleted.judgement)).toEqual(['deleted']);
    expect(deleted.judgement.epochs).toMatchObject([
      { epoch: 1, live: false, endedBy: 'deleted', amountMinor: 10000n },
    ]);
    expect(deleted.judgement).toMatchObject({ deletion: 'deleted', status: 'approved' });
    expect(look(deleted.stored, deal).judgement).toMatchObject({
      transitions: [],
      epochs: [],
      deletion: null,
    });

    const back = look(deleted.stored, deal.setDeleted(false));
    expect(kinds(back.judgement)).toEqual(['undeleted']);
    expect(back.judgement.epochs).toMatchObject([{ epoch: 1, live: true, endedBy: null }]);
    expect(back.judgement).toMatchObject({ deletion: 'undeleted', status: 'won' });
  });

  it('ends a win that the history no longer shows', () => {
    const { stored } = look(unseenRecord(), new CrmDeal().move('won'));
    const { judgement } = look(stored, new CrmDeal().setAmount('1.00').move('lost'));
    expect(judgement.epochs).toMatchObject([{ epoch: 1, live: false, endedBy: 'history' }]);
  });

  it('shows a win elsewhere than in the CRM of record, but it earns nothing and decides nothing', () => {
    const { judgement } = look(unseenRecord({ crmOfRecord: 'other' }), new CrmDeal().move('won'));
    expect(judgement.epochs).toMatchObject([{ live: true, earnsNothingBecause: 'not-crm-of-record' }]);
    expect(judgement.status).toBeNull();
  });

  it('pays nothing for a win before the cut-off, and pays for one at the cut-off', () => {
    const deal = new CrmDeal().move('won');
    const at = (ms: number): StoredRecord => unseenRecord({ cutoff: new Date(deal.now().getTime() + ms) });
    expect(look(at(1), deal).judgement.epochs).toMatchObject([
      { live: true, earnsNothingBecause: 'before-cutoff' },
    ]);
    expect(look(at(0), deal).judgement.epochs).toMatchObject([{ earnsNothingBecause: null }]);
  });

  it('numbers epochs on from those of the deal in other CRMs', () => {
    const { judgement } = look(unseenRecord({ lastEpoch: 4 }), new CrmDeal().move('won'));
    expect(judgement.epochs).toMatchObject([{ epoch: 5 }]);
  });

  it('sees when the CRM holds an older version than we wrote', () => {
    const deal = new CrmDeal();
    const drifted = (version: unknown): boolean =>
      judgeSnapshot(
        unseenRecord({ mirroredVersion: 3 }),
        deal.snapshot(),
        { version: version as string },
        'EUR',
      ).drifted;
    expect([drifted('2'), drifted(null), drifted('3'), drifted(4), drifted(undefined)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

type Step =
  | { do: 'move'; to: Condition }
  | { do: 'amount'; to: string }
  | { do: 'delete' }
  | { do: 'undelete' }
  | { do: 'look' };

const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ do: fc.constant('move' as const), to: fc.constantFrom<Condition>('open', 'won', 'lost') }),
  fc.record({ do: fc.constant('amount' as const), to: fc.constantFrom('10.00', '20.00') }),
  fc.constantFrom<Step>({ do: 'delete' }, { do: 'undelete' }),
  fc.constant<Step>({ do: 'look' }),
);

function take(deal: CrmDeal, next: Step): void {
  if (next.do === 'move') deal.move(next.to);
  if (next.do === 'amount') deal.setAmount(next.to);
  if (next.do === 'delete') deal.setDeleted(true);
  if (next.do === 'undelete') deal.setDeleted(false);
}

/** Every entry into won that a deal's history shows. */
function entriesIntoWon(deal: CrmDeal): string[] {
  const history = deal.snapshot().stageHistory;
  return history.filter((entry, index) => entry.won && !history[index - 1]?.won).map(({ id }) => id);
}

describe('random histories, looked at at random moments', () => {
  it('have at most one live epoch: that of a deal that is won now', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const deal = new CrmDeal();
        let stored = unseenRecord();
        for (const next of [...steps, { do: 'look' } as const]) {
          take(deal, next);
          if (next.do !== 'look') continue;
          stored = look(stored, deal).stored;
          const live = stored.epochs.filter((epoch) => epoch.live);
          expect(live.length).toBe(deal.condition === 'won' && !deal.deleted ? 1 : 0);
          if (live[0]) expect(live[0].historyId).toBe(entriesIntoWon(deal).at(-1));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('give every entry into won exactly one number, for ever', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const deal = new CrmDeal();
        let stored = unseenRecord();
        const numbers = new Map<string, number>();
        for (const next of [...steps, { do: 'undelete' } as const, { do: 'look' } as const]) {
          take(deal, next);
          if (next.do !== 'look') continue;
          stored = look(stored, deal).stored;
          for (const { historyId, epoch } of stored.epochs) {
            expect(numbers.get(historyId) ?? epoch).toBe(epoch);
            numbers.set(historyId, epoch);
          }
        }
        expect([...numbers.keys()].sort()).toEqual(entriesIntoWon(deal).sort());
        expect(new Set(numbers.values()).size).toBe(numbers.size);
      }),
      { numRuns: 500 },
    );
  });

  it('end the same however often they were looked at', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const deal = new CrmDeal();
        let often = unseenRecord();
        for (const next of [...steps, { do: 'undelete' } as const]) {
          take(deal, next);
          often = look(often, deal).stored;
        }
        const once = look(unseenRecord(), deal).stored;
        const outcome = (stored: StoredRecord) =>
          stored.epochs.map(({ epoch, historyId, live, endedBy, amountMinor }) => ({
            epoch,
            historyId,
            live,
            endedBy,
            ...(live ? { amountMinor } : {}),
          }));
        expect(outcome(often)).toEqual(outcome(once));
        expect(look(often, deal).judgement).toMatchObject({ transitions: [], epochs: [], deletion: null });
      }),
      { numRuns: 500 },
    );
  });

  it('store each transition once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const deal = new CrmDeal();
        let stored = unseenRecord();
        const all: string[] = [];
        for (const next of steps) {
          take(deal, next);
          if (next.do !== 'look') continue;
          const seen = look(stored, deal);
          all.push(...seen.judgement.transitions.map(({ kind, historyId }) => `${kind}:${historyId}`));
          stored = seen.stored;
        }
        expect(new Set(all).size).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });
});
