import { recomputeLedger } from '../commissions/recompute.ts';
import type { Finding } from '../ledger/finding.ts';
import type { ChainHead } from '../ledger/read-head.ts';
import { verifyChain } from '../ledger/verify-chain.ts';
import { verifyPostings } from '../ledger/verify-postings.ts';
import type { Sql } from '../platform/database/database.ts';

export interface LedgerCheck {
  /** Entries whose amount was computed again from what they store. */
  recomputed: number;
  /** Links of the chain whose digest was computed again. */
  sealed: number;
  findings: Finding[];
}

/** Everything that can be checked of the ledger: sums, both directions to what it tells of, the chain, each amount anew. */
export async function verifyLedger(
  sql: Sql,
  published: Pick<ChainHead, 'sequence' | 'digest'> | null,
): Promise<LedgerCheck> {
  const postings = await verifyPostings(sql);
  const chain = await verifyChain(sql, published);
  const { checked, discrepancies } = await recomputeLedger(sql);
  const amounts = discrepancies.map(({ entryId, problem }) => ({ subject: `entry ${entryId}`, problem }));
  return { recomputed: checked, sealed: chain.links, findings: [...postings, ...chain.findings, ...amounts] };
}
