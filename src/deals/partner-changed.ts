import type { Sql } from '../platform/database/database.ts';
import { appendDealEvents } from './deal-events.ts';
import type { DealContext } from './ports.ts';

/**
 * A partner's name or tier is shown on its deals in the CRMs: each approved deal becomes a new version, so that the
 * mirror converges. Closed deals keep what they showed when they closed.
 */
export async function dealsOfPartnerChanged(
  tx: Sql,
  partnerId: string,
  changes: Readonly<Record<string, unknown>>,
  actor: string,
  context: DealContext,
): Promise<number> {
  const now = context.clock.now();
  const deals = await tx.query<{ id: string; version: number }>(
    `WITH affected AS (
       SELECT id FROM deals WHERE partner_id = $1 AND status = 'approved' ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE deals d SET version = d.version + 1, updated_at = $2 FROM affected a WHERE d.id = a.id
     RETURNING d.id, d.version`,
    [partnerId, now],
  );
  if (deals.length === 0) return 0;
  const events = deals.map((deal) => ({
    deal_id: deal.id,
    version: deal.version,
    kind: 'partner-changed' as const,
    data: { changes },
  }));
  await appendDealEvents(tx, events, actor, now);
  await context.outputs.dealsChanged(
    tx,
    deals.map((deal) => deal.id),
  );
  return deals.length;
}
