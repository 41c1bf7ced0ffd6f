import { claimCommissionDue, isCommissionDue, postponeDue } from '../src/commissions/claim-due.ts';
import type { CommissionClaim, DueDeal } from '../src/commissions/claim-due.ts';
import { computeDeals } from '../src/commissions/compute-deals.ts';
import { didTiersCome, requeueForTiers } from '../src/commissions/outcomes.ts';
import { isSealingDue, sealLedger } from '../src/ledger/seal-ledger.ts';
import { arePayoutsDue, triggerDuePayouts } from '../src/payouts/trigger-payouts.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { Sql } from '../src/platform/database/database.ts';
import { deliverQueue } from './deliver-messages.ts';
import type { MoneyContext } from './money-context.ts';
import { mailQueue } from './send-mails.ts';

export const computeQueue = 'compute-commissions';

const BATCH = 200;
/** Entries and triggers of some batches: what one run posts is sealed by the same run. */
const SEALED_AT_ONCE = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * One batch: brings the ledger of due deals to what they earn, then turns what has settled into payout triggers, then seals
 * what was posted, in transactions of their own: nothing that posts waits for a seal.
 * Wakes whoever delivers, and itself while more is due; the sweeper covers a lost wake.
 */
export async function computeCommissions(context: MoneyContext): Promise<void> {
  const { db, clock, queues } = context;
  await requeueForTiers(db, clock.now());
  const claim = await claimCommissionDue(db, BATCH, clock.now());
  const posted = claim.deals.length === 0 ? 0 : await computeClaim(context, claim);
  const payouts = await triggerDuePayouts({ db, clock }, BATCH);
  if (payouts.triggered > 0) await crashPoint('money:after-trigger');
  if (posted > 0) await queues.wake(mailQueue, {});
  if (posted > 0 || payouts.triggered > 0) await queues.wake(deliverQueue, {});
  const sealed = await sealLedger({ db, clock }, SEALED_AT_ONCE);
  if (claim.deals.length === BATCH || payouts.looked === BATCH || sealed === SEALED_AT_ONCE)
    await queues.wake(computeQueue, {});
}

/** Whether `computeCommissions` would find anything. For the sweeper. */
export async function isMoneyDue(sql: Sql, now: Date): Promise<boolean> {
  return (
    (await isCommissionDue(sql, now)) ||
    (await arePayoutsDue(sql, now)) ||
    (await didTiersCome(sql)) ||
    (await isSealingDue(sql))
  );
}

/** All in one transaction; when that fails, one by one, so that a deal nobody foresaw stops only itself. */
async function computeClaim(context: MoneyContext, claim: CommissionClaim): Promise<number> {
  await crashPoint('money:after-claim');
  try {
    const posted = await computeSome(context, claim.token, claim.deals);
    await crashPoint('money:after-commit');
    return posted;
  } catch (error) {
    if (claim.deals.length > 1)
      context.logger.warn({ err: error }, 'a batch of commissions failed; going one by one');
    else context.logger.warn({ err: error }, 'a commission failed; trying it once more');
  }
  let posted = 0;
  for (const deal of claim.deals) posted += await computeOne(context, claim.token, deal);
  return posted;
}

async function computeSome(context: MoneyContext, token: string, deals: readonly DueDeal[]): Promise<number> {
  const { db, clock, commissionOutputs } = context;
  return (await computeDeals({ db, clock, outputs: commissionOutputs }, token, deals)).posted;
}

async function computeOne(context: MoneyContext, token: string, deal: DueDeal): Promise<number> {
  try {
    return await computeSome(context, token, [deal]);
  } catch (error) {
    const now = context.clock.now();
    const message = error instanceof Error ? error.message : String(error);
    const wait =
      Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(deal.attempts, 20)) * context.retryFactor;
    await postponeDue(context.db, token, deal, { message, retryAt: new Date(now.getTime() + wait) }, now);
    context.logger.error({ err: error, dealId: deal.dealId }, 'the commission of a deal cannot be computed');
    return 0;
  }
}
