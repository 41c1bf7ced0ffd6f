import './short-calls.ts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRehearsal, type Rehearsal } from '../rehearsal/open-rehearsal.ts';
import { comparePage } from './compare-page.ts';
import { provocations } from './provoke.ts';
import { renderTable } from './render-table.ts';
import { tellRow, type Row } from './tell-row.ts';

let rehearsal: Rehearsal;
const rows: Row[] = [];
beforeAll(async () => {
  rehearsal = await openRehearsal();
  // The customer, its connection and its session are there before the first code is met.
  await rehearsal.addDeal('the first');
  await rehearsal.step();
  await rehearsal.step();
}, 120_000);
afterAll(() => rehearsal?.close());

describe('an error of Salesforce', () => {
  it.each(provocations.map((one) => [`${one.code}, ${one.answer}`, one] as const))(
    '%s leaves one opportunity or a reason why there is none',
    async (_name, provocation) => {
      const row = await tellRow(rehearsal, provocation);
      rows.push(row);
      expect(row.inTheEnd).toMatch(/created 1 ×/);
      expect(row.operatorSaw).not.toBe('');
    },
    60_000,
  );

  it('is told on the page as it happens', () => comparePage('salesforce-errors.md', renderTable(rows)));
});
