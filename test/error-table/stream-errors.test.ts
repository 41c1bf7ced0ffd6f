import './short-waits.ts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRehearsal, type Rehearsal } from '../rehearsal/open-rehearsal.ts';
import { comparePage } from './compare-page.ts';
import { renderStreamTable } from './render-stream-table.ts';
import { tellStream, type StreamRow } from './tell-stream.ts';

/** Facts 1.7, and a connection that breaks. */
const codes = [
  'subscription.fetch.replayid.corrupted',
  'subscription.fetch.replayid.validation.failed',
  'subscription.fetch.requested.events.invalid',
  'subscription.fetch.topic.mismatch',
  'subscription.limit.exceeded',
  'topic.not.found',
  'service.auth.error',
  'service.auth.headers.invalid',
  'service.unavailable',
  'concurrent.client.limit.exceeded',
  'reset',
];

let rehearsal: Rehearsal;
const rows: StreamRow[] = [];
beforeAll(async () => {
  rehearsal = await openRehearsal();
  await rehearsal.addDeal('watched');
  for (let step = 0; step < 3; step++) await rehearsal.step();
  // From then on a position in the stream is known, as in all days but the first.
  await tellStream(rehearsal, 'reset');
}, 120_000);
afterAll(() => rehearsal?.close());

describe('an event stream that ends', () => {
  it.each(codes)(
    'with %s loses no change',
    async (code) => {
      const row = await tellStream(rehearsal, code);
      rows.push(row);
      expect(row.heardBy).not.toBe('');
    },
    120_000,
  );

  it('is told on the page as it happens', () =>
    comparePage('salesforce-stream-errors.md', renderStreamTable(rows)));
});
