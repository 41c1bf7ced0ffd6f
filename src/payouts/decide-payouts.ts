/** A won epoch whose payout is due, as it stands while this transaction holds it. */
export interface DueEpoch {
  dealId: string;
  epoch: number;
  settlesAt: Date;
  /** Live, and nothing says it earns nothing. */
  earning: boolean;
  /** A change was stored that the ledger does not show yet: what is open now may be about to be taken back. */
  beingComputed: boolean;
  /** The commission waits for a person. */
  held: boolean;
}

/** A posted entry that no trigger covers. */
export interface OpenEntry {
  id: string;
  dealId: string;
  epoch: number;
  partnerId: string;
  amountMinor: bigint;
  currency: string;
  explanation: string;
}

export interface Payout {
  dealId: string;
  epoch: number;
  partnerId: string;
  currency: string;
  amountMinor: bigint;
  entryIds: readonly string[];
  explanation: string;
}

export interface PayoutDecision {
  payouts: readonly Payout[];
  waiting: readonly { dealId: string; epoch: number; until: Date }[];
}

const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_WHEN_HELD_MS = 60_000;

/**
 * Money to pay out needs a win that is live, settled, computed and not held. Money to take back needs nothing: it
 * was paid before. What adds up to zero sets off nothing.
 */
export function decidePayouts(
  due: readonly DueEpoch[],
  entries: readonly OpenEntry[],
  now: Date,
): PayoutDecision {
  const payouts: Payout[] = [];
  const waiting: { dealId: string; epoch: number; until: Date }[] = [];
  for (const epoch of due) {
    const sums = sumOpen(
      entries.filter((entry) => entry.dealId === epoch.dealId && entry.epoch === epoch.epoch),
    );
    const until = payableFrom(epoch, now);
    for (const payout of sums) {
      if (payout.amountMinor < 0n || until === null) payouts.push(payout);
    }
    if (until !== null && sums.some((payout) => payout.amountMinor > 0n))
      waiting.push({ dealId: epoch.dealId, epoch: epoch.epoch, until });
  }
  return { payouts, waiting };
}

/**
 * Null: now. Otherwise when to look again. A win that stopped earning is looked at again too: either its reversal
 * is about to be posted, or it was revived before anybody computed it and then nothing else would ask.
 */
function payableFrom(epoch: DueEpoch, now: Date): Date | null {
  if (epoch.beingComputed || !epoch.earning) return new Date(now.getTime() + LOOK_AGAIN_MS);
  if (epoch.held) return new Date(now.getTime() + LOOK_AGAIN_WHEN_HELD_MS);
  return epoch.settlesAt <= now ? null : epoch.settlesAt;
}

function sumOpen(entries: readonly OpenEntry[]): Payout[] {
  const groups = new Map<string, OpenEntry[]>();
  for (const entry of entries) {
    const key = `${entry.partnerId} ${entry.currency}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const amountMinor = group.reduce((sum, entry) => sum + entry.amountMinor, 0n);
    if (first === undefined || amountMinor === 0n) return [];
    const { dealId, epoch, partnerId, currency } = first;
    const entryIds = group.map((entry) => entry.id);
    const explanation = group.map((entry) => entry.explanation).join(' | ');
    return [{ dealId, epoch, partnerId, currency, amountMinor, entryIds, explanation }];
  });
}
