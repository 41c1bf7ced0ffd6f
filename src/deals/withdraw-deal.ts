import type { Sql } from '../platform/database/database.ts';
import { decideInTransaction } from './decide-deals.ts';
import type { IntakeSource } from './intake-item.ts';
import type { DealContext } from './ports.ts';
import { lockDealsByRef } from './store-deals.ts';

/** The partner takes a registration back. Null when done, also when it had been before; else why not. */
export async function withdrawByRef(
  tx: Sql,
  source: IntakeSource,
  withdrawal: { ref: string; reason?: string | undefined },
  context: DealContext,
): Promise<string | null> {
  const [deal] = await lockDealsByRef(tx, source.name, [withdrawal.ref]);
  if (deal === undefined) return `No deal of this source has the ref "${withdrawal.ref}".`;
  if (deal.status === 'withdrawn') return null;
  const [result] = await decideInTransaction(
    tx,
    [deal.id],
    {
      decision: 'withdraw',
      by: source.actor,
      ...(withdrawal.reason === undefined ? {} : { reason: withdrawal.reason }),
    },
    context,
  );
  return result?.outcome === 'refused' ? result.reason : null;
}
