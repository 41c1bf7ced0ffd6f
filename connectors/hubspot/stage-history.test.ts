import { describe, expect, it } from '@jest/globals';
import type { Stage } from '../../src/crm/connector.ts';
import { instantOf, stageEntries } from './stage-history.ts';

const stage = (id: string, closed: boolean, won: boolean): [string, Stage] => [
  id,
  { id, label: id, closed, won, order: 0 },
];
const MEANINGS = new Map([stage('open', false, false), stage('won', true, true), stage('lost', true, false)]);

describe('a stage history', () => {
  it("is turned around, keeping HubSpot's order between changes of one instant", () => {
    const timestamp = '2026-09-01T10:00:00.000Z';
    const dealstage = ['won', 'open', 'lost'].map((value) => ({ value, timestamp }));
    const entries = stageEntries({ dealstage }, MEANINGS);
    expect(entries.map(({ stage }) => stage)).toEqual(['lost', 'open', 'won']);
  });

  it('gives an entry the same id however HubSpot writes its time', () => {
    const id = (timestamp: string): string | undefined =>
      stageEntries({ dealstage: [{ value: 'won', timestamp }] }, MEANINGS)[0]?.id;
    const ids = [
      '2026-09-01T10:00:00Z',
      '2026-09-01T10:00:00.000Z',
      '2026-09-01T12:00:00+02:00',
      '1788256800000',
    ].map(id);
    expect(new Set(ids)).toEqual(new Set(['2026-09-01T10:00:00.000Z:won']));
  });

  it('takes a stage that the portal no longer has for open', () => {
    const [entry] = stageEntries(
      { dealstage: [{ value: 'removed', timestamp: '2026-09-01T10:00:00Z' }] },
      MEANINGS,
    );
    expect(entry).toMatchObject({ stage: 'removed', closed: false, won: false });
  });

  it('carries the amount that held at the instant, none when it was empty, nothing when it is unknown', () => {
    const at = (hour: number): string => `2026-09-01T${hour}:00:00.000Z`;
    const histories = {
      dealstage: [
        { value: 'won', timestamp: at(14) },
        { value: 'lost', timestamp: at(12) },
        { value: 'open', timestamp: at(10) },
      ],
      amount: [
        { value: '20.5', timestamp: at(14) },
        { value: '', timestamp: at(11) },
      ],
    };
    const entries = stageEntries(histories, MEANINGS);
    expect(entries.map((entry) => ('amount' in entry ? entry.amount : 'unknown'))).toEqual([
      'unknown',
      null,
      '20.5',
    ]);
    expect(entries.every((entry) => !('currency' in entry))).toBe(true);
  });

  it('passes over entries without a time or a stage', () => {
    const dealstage = [
      { value: 'won', timestamp: 'yesterday' },
      { value: null, timestamp: '2026-09-01T10:00:00Z' },
    ];
    expect(stageEntries({ dealstage }, MEANINGS)).toEqual([]);
    expect(instantOf('yesterday')).toBeNull();
  });
});
