import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A late win never leaves the wins after it as they were.',
    file: 'src/commissions/compute-deals.ts',
    find: 'const peers = await findDealsIn(tx, scopes);',
    without: 'const peers = (await findDealsIn(tx, scopes)).slice(0, 0);',
    test: 'test/money/counted-plan.test.ts',
    testName: 'come after a late one',
  },
  {
    never: 'An entry is never computed again without the sums of other deals that it was computed with.',
    file: 'src/commissions/calculate.ts',
    find: "new Map([['deal', input]]), input.found)",
    without: "new Map([['deal', input]]), {})",
    test: 'test/money/counted-plan.test.ts',
    testName: 'comes to the same ledger',
  },
  {
    never:
      'A plan of the whole language never pays for a deal that somebody else brought without asking for it.',
    file: 'src/commissions/calculate.ts',
    find: 'influence === undefined || asksForInfluence(plan)',
    without: 'influence === undefined || plan.version > 0 || asksForInfluence(plan)',
    test: 'test/money/full-plan.test.ts',
    testName: 'holds a deal that somebody else brought',
  },
  {
    never: 'A plan is never published that the ledger would pay less by than it says.',
    file: 'src/commissions/read-plan.ts',
    find: 'faults.length > 0 ?',
    without: 'faults.length > 1_000 ?',
    test: 'src/commissions/refuse-unposted.test.ts',
  },
];
