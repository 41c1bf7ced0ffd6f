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
  {
    never: 'A ledger transaction is never posted that does not sum to zero.',
    file: 'migrations/20261123220000_ledger.ts',
    find: 'HAVING sum(p.amount_minor) <> 0 LIMIT 1',
    without: 'HAVING false LIMIT 1',
    test: 'test/money/ledger.test.ts',
    testName: 'refuses postings that do not sum to zero',
  },
  {
    never: 'A changed ledger row is never taken for what was sealed.',
    file: 'src/ledger/verify-chain.ts',
    find: 'else if (findings.length === 0 && !digestOf(',
    without: 'else if (findings.length > 0 && !digestOf(',
    test: 'test/money/ledger.test.ts',
    testName: 'the reason of an entry',
  },
  {
    never: 'A chain that was sealed anew is never taken for the published one.',
    file: 'src/ledger/verify-chain.ts',
    find: 'if (published !== null && !held)',
    without: 'if (published !== null && !held && links < 0)',
    test: 'test/money/ledger.test.ts',
    testName: 'held against a head',
  },
  {
    never: 'The application never posts to the ledger by itself.',
    file: 'migrations/20261123220000_ledger.ts',
    find: 'GRANT SELECT ON ${table} TO tributary_app;',
    without: 'GRANT SELECT, INSERT ON ${table} TO tributary_app;',
    test: 'test/money/ledger.test.ts',
    testName: 'cannot be posted to by the application',
  },
];
