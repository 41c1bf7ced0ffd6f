/**
 * What every connector keeps to, said once for all vendors. A new one needs a harness: a function that starts its local CRM and
 * answers a `CrmUnderTest`, and a test file of three lines beside it.
 */
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { CrmUnderTest } from './crm-under-test.ts';
import { itFails } from './failing.ts';
import { itReads } from './reading.ts';
import { itWrites } from './writing.ts';

export function conforms(vendor: string, open: () => Promise<CrmUnderTest>): void {
  describe(`the connector of ${vendor}`, () => {
    let crm: CrmUnderTest;
    const under = (): CrmUnderTest => crm;
    beforeAll(async () => {
      crm = await open();
    }, 60_000);
    afterEach(() => crm.calm());
    afterAll(() => crm?.close());

    describe('reading', () => itReads(under));
    describe('writing', () => itWrites(under));
    describe('when something goes wrong', () => itFails(under));
  });
}
