import type { LinkWanted } from '../src/crm/connector.ts';
import type { DealTags } from '../src/crm/tags.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { asCallError, failItems, mirroredResult, missingAnswer } from './deal-outcomes.ts';
import { inBatches } from './may-go-on.ts';
import { recordTags, tagsOf } from './tag-deals.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';

/** Makes the associations of every pushed deal exist; only then is a deal mirrored. */
export async function linkDeals(batch: MirrorBatch): Promise<void> {
  const pushed = waiting(batch).filter((item) => item.pushed);
  // The contacts of a rep's own record are the rep's.
  for (const item of pushed) if (item.view.attachedAs !== null) item.result = mirroredResult(item, 'written');
  const sent = pushed.filter((item) => item.view.attachedAs === null);
  const items = sent.filter((item) => item.crmId !== null && item.view.accountId !== null);
  for (const part of inBatches(items, batch.connection.capabilities.linkBatch)) await linkPart(batch, part);
}

async function linkPart(batch: MirrorBatch, items: readonly MirrorItem[]): Promise<void> {
  const { connection, claim } = batch;
  try {
    const deadline = callDeadline(claim.lease);
    const tags = await tagsOf(batch, items);
    const links = items.map((item) => toLink(item, tags.get(item.mirror.dealId)));
    const outcomes = await connection.connector.link(links, { deadline });
    await recordTags(batch, tags, outcomes);
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const item of items) {
      const outcome = byKey.get(item.mirror.dealId);
      if (outcome?.status === 'linked') item.result = mirroredResult(item, 'written');
      else await failItems(batch, [item], outcome?.error ?? missingAnswer(connection.vendor, 'link'));
    }
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'link', connection.vendor));
  }
}

export function toLink(item: MirrorItem, tags: DealTags | undefined): LinkWanted {
  return {
    key: item.mirror.dealId,
    dealId: item.crmId ?? '',
    accountId: item.view.accountId ?? '',
    ...(item.view.contactId === null ? {} : { contactId: item.view.contactId }),
    ...(item.view.partnerAccountId === null ? {} : { partnerAccountId: item.view.partnerAccountId }),
    fresh: item.fresh,
    hadCustomer: item.mirror.linkedVersion !== null,
    ...(tags === undefined ? {} : { tags }),
  };
}
