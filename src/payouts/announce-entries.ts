import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import { formatDecimal } from '../platform/money.ts';
import { approveWithoutPerson, type ApprovalRule } from './approve-entries.ts';
import type { AnnouncedEntry } from './announced-entry.ts';
import { insertMessages } from './insert-messages.ts';
import type { MessageDraft } from './insert-messages.ts';
import { loadParties } from './load-parties.ts';
import type { Parties } from './load-parties.ts';
import { insertMails } from './mails/insert-mails.ts';

/**
 * What posted entries set off, in the transaction that posts them: what needs no approval gets it, their payouts become due, subscribed endpoints
 * get a message per entry, partners a mail per entry.
 */
export async function announceEntries(
  tx: Sql,
  clock: Clock,
  entries: readonly AnnouncedEntry[],
  approval: ApprovalRule,
): Promise<void> {
  await approveWithoutPerson(tx, entries, approval, clock.now());
  const parties = await loadParties(tx, entries);
  await makePayoutsDue(tx, entries, clock.now());
  await insertMessages(
    tx,
    clock,
    entries.map((entry) => toDraft(entry, parties)),
  );
  await insertMails(tx, clock, entries, parties);
}

async function makePayoutsDue(tx: Sql, entries: readonly AnnouncedEntry[], now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO payout_due (deal_id, epoch, due_at)
     SELECT DISTINCT deal_id, epoch, $3::timestamptz FROM unnest($1::uuid[], $2::int[]) AS e(deal_id, epoch)
     ON CONFLICT (deal_id, epoch) DO UPDATE SET due_at = excluded.due_at`,
    [entries.map((entry) => entry.dealId), entries.map((entry) => entry.epoch), now],
  );
}

function toDraft(entry: AnnouncedEntry, parties: Parties): MessageDraft {
  const { dealId, epoch, partnerId, line, component, currency, plan, explanation, corrects } = entry;
  const deal = parties.deal(dealId);
  return {
    type: `commission.${entry.kind}`,
    entryId: entry.id,
    data: {
      entryId: entry.id,
      dealId,
      dealSource: deal.source,
      dealRef: deal.sourceRef,
      epoch,
      partnerId,
      partnerKey: parties.partner(partnerId).key,
      line,
      component,
      amount: formatDecimal({ minor: entry.amountMinor, currency }),
      amountMinor: entry.amountMinor.toString(),
      currency,
      total: formatDecimal({ minor: entry.targetMinor, currency }),
      corrects,
      plan,
      wonAt: entry.wonAt.toISOString(),
      explanation,
    },
  };
}
