import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRehearsal, type Rehearsal } from '../rehearsal/open-rehearsal.ts';
import type { RehearsedCrm } from '../rehearsal/rehearsed-crm.ts';
import { comparePage } from './compare-page.ts';
import type { Provocation } from './provocation.ts';
import { renderTable } from './render-table.ts';
import { tellRow, type Row } from './tell-row.ts';

export interface ErrorTable {
  vendor: string;
  start: () => Promise<RehearsedCrm>;
  provocations: readonly Provocation[];
  /** The page in docs/, and the test that writes it. */
  page: string;
  test: string;
}

/** Meets every error with a deal of its own, and holds the page that tells of it against what happened. */
export function tellErrors({ vendor, start, provocations, page, test }: ErrorTable): void {
  let rehearsal: Rehearsal;
  const rows: Row[] = [];
  beforeAll(async () => {
    rehearsal = await openRehearsal(start);
    // The customer, its connection and its session are there before the first code is met.
    await rehearsal.addDeal('the first');
    await rehearsal.step();
    await rehearsal.step();
  }, 120_000);
  afterAll(() => rehearsal?.close());

  describe(`an error of ${vendor}`, () => {
    it.each(provocations.map((one) => [`${one.code}, ${one.answer}`, one] as const))(
      '%s leaves one record or a reason why there is none',
      async (_name, provocation) => {
        const row = await tellRow(rehearsal, provocation);
        rows.push(row);
        expect(row.inTheEnd).toMatch(/created 1 ×/);
        expect(row.operatorSaw).not.toBe('');
      },
      60_000,
    );

    it('is told on the page as it happens', () => comparePage(page, renderTable(rows, { vendor, test })));
  });
}
