import type { DealSnapshot } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';

/**
 * Adds the products of won deals, where the mapping wants them. Read after the deals: a change in between moves the deal,
 * too, and both are read again.
 */
export async function withLineItems(
  { connector, mapping }: WiredConnection,
  snapshots: readonly DealSnapshot[],
): Promise<readonly DealSnapshot[]> {
  if (mapping.lineItems.mode === 'none' || connector.readLineItems === undefined) return snapshots;
  const won = snapshots.filter(isWon).map((snapshot) => snapshot.crmId);
  if (won.length === 0) return snapshots;
  const withCurrency = mapping.deal.read.some((row) => row.to === 'currency');
  const found = await connector.readLineItems(won, withCurrency, { deadline: Date.now() + callTimeoutMs });
  return snapshots.map((snapshot) =>
    isWon(snapshot) ? { ...snapshot, lineItems: found.get(snapshot.crmId) ?? [] } : snapshot,
  );
}

function isWon(snapshot: DealSnapshot): boolean {
  return !snapshot.deleted && snapshot.stageHistory.at(-1)?.won === true;
}
