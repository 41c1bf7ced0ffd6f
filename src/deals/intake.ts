/**
 * The one way a registration becomes a deal, whatever door it came through. The same event twice counts once, an
 * older version after a newer is ignored and recorded, the same facts again are no change, and everything is done
 * for the whole batch at a time.
 */
import type { Sql } from '../platform/database/database.ts';
import { checkRegistration, namedPartner } from './check-registration.ts';
import { appendDealEvents } from './deal-events.ts';
import { draftAll } from './draft-deals.ts';
import type { Draft, Pending } from './draft-deals.ts';
import type { IntakeItem, IntakeResult, IntakeSource } from './intake-item.ts';
import { claimReceipts } from './intake-receipts.ts';
import type { DealContext } from './ports.ts';
import { insertDeals, lockDealsByRef, partnerIds, updateDeals } from './store-deals.ts';

const SLICE = 1000;
/** Every pass either ends or finds that another transaction committed the reference meanwhile, so two are enough. */
const MOST_PASSES = 4;

/**
 * Takes registrations in, in the given order, inside the caller's transaction. One result per item, in order;
 * a malformed item harms no other. Approved deals that changed are passed to `outputs.dealsChanged`.
 */
export async function acceptIntake(
  tx: Sql,
  source: IntakeSource,
  items: readonly IntakeItem[],
  context: DealContext,
): Promise<IntakeResult[]> {
  const results: IntakeResult[] = [];
  for (let start = 0; start < items.length; start += SLICE) {
    results.push(...(await acceptSlice(tx, source, items.slice(start, start + SLICE), context)));
  }
  return results;
}

async function acceptSlice(
  tx: Sql,
  source: IntakeSource,
  items: readonly IntakeItem[],
  context: DealContext,
): Promise<IntakeResult[]> {
  const now = context.clock.now();
  const results = new Map<number, IntakeResult>();
  const wellFormed = await separateMalformed(tx, source, items, results);
  const repeated = await claimReceipts(
    tx,
    source.name,
    wellFormed.map((item) => ({ eventId: item.eventId, ref: item.accepted.registration.ref })),
    now,
  );
  let pending = wellFormed.filter((_, position) => !repeated.has(position));
  for (let pass = 1; pending.length > 0; pass += 1) {
    if (pass > MOST_PASSES)
      throw new Error('the same references were registered and removed again and again');
    const drafts = await draftAll(tx, source, pending, context, now);
    const lost = await writeDrafts(tx, source, drafts, context, now);
    for (const [ref, draft] of drafts) {
      if (!lost.has(ref)) for (const [index, result] of draft.results) results.set(index, result);
    }
    pending = pending.filter((item) => lost.has(item.accepted.registration.ref));
  }
  await describeRepeated(tx, source, wellFormed, repeated, results);
  return items.map((_, index) => {
    const result = results.get(index);
    if (result === undefined) throw new Error(`intake lost item ${index}`);
    return result;
  });
}

async function separateMalformed(
  tx: Sql,
  source: IntakeSource,
  items: readonly IntakeItem[],
  results: Map<number, IntakeResult>,
): Promise<Pending[]> {
  const keys = new Set(items.flatMap((item) => namedPartner(item.registration) ?? []));
  const partners = await partnerIds(tx, [...keys]);
  const wellFormed: Pending[] = [];
  for (const [index, item] of items.entries()) {
    const checked = checkRegistration(item.registration, { partners, imported: source.imported === true });
    if (checked.ok) wellFormed.push({ index, accepted: checked, eventId: item.eventId });
    else results.set(index, { outcome: 'malformed', faults: checked.faults });
  }
  return wellFormed;
}

/** Answers the references that another transaction registered first; nothing was written for them. */
async function writeDrafts(
  tx: Sql,
  source: IntakeSource,
  drafts: ReadonlyMap<string, Draft>,
  context: DealContext,
  now: Date,
): Promise<Set<string>> {
  const all = [...drafts.values()];
  const created = all.filter((draft) => draft.isNew);
  const inserted = await insertDeals(
    tx,
    created.map((draft) => draft.deal),
    now,
  );
  const lost = new Set(created.map((draft) => draft.deal.source_ref).filter((ref) => !inserted.has(ref)));
  const kept = all.filter((draft) => !lost.has(draft.deal.source_ref));
  const touched = kept.filter((draft) => !draft.isNew && draft.isTouched);
  await updateDeals(
    tx,
    touched.map((draft) => draft.deal),
    now,
  );
  await appendDealEvents(
    tx,
    kept.flatMap((draft) => draft.events),
    source.actor,
    now,
  );
  const approved = kept.filter((draft) => draft.isChanged && draft.deal.status === 'approved');
  if (approved.length > 0)
    await context.outputs.dealsChanged(
      tx,
      approved.map((draft) => draft.deal.id),
    );
  return lost;
}

async function describeRepeated(
  tx: Sql,
  source: IntakeSource,
  wellFormed: readonly Pending[],
  repeated: ReadonlySet<number>,
  results: Map<number, IntakeResult>,
): Promise<void> {
  if (repeated.size === 0) return;
  const items = wellFormed.filter((_, position) => repeated.has(position));
  const deals = await lockDealsByRef(
    tx,
    source.name,
    items.map((item) => item.accepted.registration.ref),
  );
  const byRef = new Map(deals.map((deal) => [deal.source_ref, deal]));
  for (const item of items) {
    const { ref } = item.accepted.registration;
    const deal = byRef.get(ref);
    results.set(
      item.index,
      deal === undefined
        ? {
            outcome: 'malformed',
            faults: [{ pointer: '/ref', detail: 'this event was counted before, with another ref' }],
          }
        : { outcome: 'repeated-event', dealId: deal.id, ref, version: deal.version },
    );
  }
}
