import { formatDecimal } from '../platform/money.ts';
import type { MessageDraft } from './insert-messages.ts';
import type { Parties } from './load-parties.ts';

/** A decision to pay (triggered) or to take back (adjusted), as posted. */
export interface PayoutTrigger {
  id: string;
  dealId: string;
  epoch: number;
  partnerId: string;
  sequence: number;
  kind: 'triggered' | 'adjusted';
  amountMinor: bigint;
  currency: string;
  explanation: string;
  entryIds: readonly string[];
}

/** `trigger` as a message: what to pay, or what to take back. */
export function toDraft(trigger: PayoutTrigger, parties: Parties): MessageDraft {
  const { id, dealId, epoch, partnerId, amountMinor, currency, sequence, entryIds, explanation } = trigger;
  const deal = parties.deal(dealId);
  return {
    type: `payout.${trigger.kind}`,
    triggerId: id,
    data: {
      payoutId: id,
      dealId,
      dealSource: deal.source,
      dealRef: deal.sourceRef,
      epoch,
      partnerId,
      partnerKey: parties.partner(partnerId).key,
      amount: formatDecimal({ minor: amountMinor, currency }),
      amountMinor: amountMinor.toString(),
      currency,
      sequence,
      entryIds,
      explanation,
    },
  };
}
