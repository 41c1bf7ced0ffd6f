/**
 * The one way a registration becomes a deal, whatever door it came through. The same event twice counts once, an
 * older version after a newer is ignored and recorded, the same facts again are no change, and everything is done
 * for the whole batch at a time.
 */
import { newId } from '../platform/ids.ts';
import type { Sql } from '../platform/database/database.ts';
import { checkRegistration, namedPartner } from './check-registration.ts';
import type { CheckedRegistration } from './check-registration.ts';
import type { Deal } from './deal.ts';
import { appendDealEvents } from './deal-events.ts';
import type { DealEvent } from './deal-events.ts';
import { refusalOfChange } from './deal-status.ts';
import { claimReceipts } from './intake-receipts.ts';
import type { DealContext } from './ports.ts';
import { differences, factsOf, lastingFacts, registeredAtOf } from './registration-facts.ts';
import { insertDeals, lockDealsByRef, partnerIds, updateDeals } from './store-deals.ts';
import type { Fault } from './text-faults.ts';

/** Where registrations come from. `name` and a registration's `ref` together are the identity of a deal. */
export interface IntakeSource {
  name: string;
  /** Who is written beside each event: an API key's name, 'prm:<source>', 'import:<file>'. */
  actor: string;
  /** Fields that only an import may use are accepted. */
  imported?: boolean;
}

export interface IntakeItem {
  /** A registration as sent: see `Registration`. Anything may be in it. */
  registration: unknown;
  /** The sender's id of this event; the same id again, ever, has no effect. */
  eventId?: string;
}

export type IntakeResult =
  | {
      outcome: 'registered' | 'changed' | 'unchanged' | 'ignored-older' | 'repeated-event';
      dealId: string;
      ref: string;
      version: number;
    }
  /** Well-formed, but the deal does not allow it any more. Recorded as an event of the deal. */
  | { outcome: 'refused'; dealId: string; ref: string; version: number; reason: string }
  | { outcome: 'malformed'; faults: Fault[] };

type Accepted = Extract<CheckedRegistration, { ok: true }>;

interface Pending {
  index: number;
  accepted: Accepted;
  eventId: string | undefined;
}

/** A deal as it stands in the batch, and what has to be written for it. */
interface Draft {
  deal: Deal;
  isNew: boolean;
  isTouched: boolean;
  isChanged: boolean;
  events: DealEvent[];
  results: [index: number, result: IntakeResult][];
}

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

async function draftAll(
  tx: Sql,
  source: IntakeSource,
  pending: readonly Pending[],
  context: DealContext,
  now: Date,
): Promise<Map<string, Draft>> {
  const refs = [...new Set(pending.map((item) => item.accepted.registration.ref))];
  const drafts = new Map<string, Draft>();
  for (const deal of await lockDealsByRef(tx, source.name, refs)) {
    drafts.set(deal.source_ref, draftOf(deal, false));
  }
  for (const item of pending) {
    const draft = drafts.get(item.accepted.registration.ref);
    if (draft === undefined) drafts.set(item.accepted.registration.ref, draftNew(source, item, context, now));
    else applyToDraft(draft, item, context);
  }
  return drafts;
}

function draftNew(source: IntakeSource, item: Pending, context: DealContext, now: Date): Draft {
  const { registration } = item.accepted;
  const registeredAt = registeredAtOf(item.accepted, now);
  const facts = factsOf(item.accepted, registeredAt, context.rules.closeAfterDays, null);
  const draft = draftOf(
    {
      ...facts,
      id: newId(context.clock),
      source: source.name,
      source_ref: registration.ref,
      source_version: sourceVersionOf(item),
      partner_key: registration.partner,
      status: 'submitted',
      version: 1,
      crm_of_record: null,
      registered_at: registeredAt,
      decided_at: null,
      decided_by: null,
      decision_reason: null,
      protected_until: null,
      updated_at: now,
    },
    true,
  );
  record(draft, item, 'registered', { facts: lastingFacts(facts) });
  settle(draft, item, 'registered');
  return draft;
}

function applyToDraft(draft: Draft, item: Pending, context: DealContext): void {
  const { deal } = draft;
  const sourceVersion = sourceVersionOf(item);
  const facts = factsOf(item.accepted, deal.registered_at, context.rules.closeAfterDays, deal);
  const changes = differences(deal, facts);
  if (sourceVersion !== null && deal.source_version !== null && sourceVersion < deal.source_version) {
    record(draft, item, 'ignored-older', { newest: String(deal.source_version), changes });
    settle(draft, item, 'ignored-older');
    return;
  }
  const refusal = refusalOf(deal, changes);
  if (refusal !== null) {
    record(draft, item, 'refused-change', { reason: refusal, changes });
    draft.results.push([
      item.index,
      { outcome: 'refused', dealId: deal.id, ref: deal.source_ref, version: deal.version, reason: refusal },
    ]);
    return;
  }
  if (sourceVersion !== null && sourceVersion !== deal.source_version) {
    deal.source_version = sourceVersion;
    draft.isTouched = true;
  }
  if (Object.keys(changes).length === 0) {
    settle(draft, item, 'unchanged');
    return;
  }
  Object.assign(deal, facts, { partner_key: item.accepted.registration.partner, version: deal.version + 1 });
  draft.isTouched = true;
  draft.isChanged = true;
  record(draft, item, 'changed', { changes });
  settle(draft, item, 'changed');
}

function refusalOf(deal: Deal, changes: Readonly<Record<string, unknown>>): string | null {
  if (Object.keys(changes).length === 0) return null;
  const refusal = refusalOfChange(deal.status);
  if (refusal !== null) return refusal;
  // A commission goes to the partner whose registration was approved.
  if (deal.status === 'approved' && 'partner_id' in changes) {
    return 'The deal is approved; its partner can no longer be changed.';
  }
  return null;
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

function draftOf(deal: Deal, isNew: boolean): Draft {
  return { deal, isNew, isTouched: false, isChanged: false, events: [], results: [] };
}

function record(draft: Draft, item: Pending, kind: DealEvent['kind'], data: Record<string, unknown>): void {
  const sourceVersion = sourceVersionOf(item);
  draft.events.push({
    deal_id: draft.deal.id,
    version: draft.deal.version,
    kind,
    data: {
      ...data,
      ...(sourceVersion === null ? {} : { sourceVersion: String(sourceVersion) }),
      ...(item.eventId === undefined ? {} : { eventId: item.eventId }),
    },
  });
}

function settle(
  draft: Draft,
  item: Pending,
  outcome: Exclude<IntakeResult['outcome'], 'refused' | 'malformed'>,
): void {
  const { id, source_ref, version } = draft.deal;
  draft.results.push([item.index, { outcome, dealId: id, ref: source_ref, version }]);
}

function sourceVersionOf(item: Pending): bigint | null {
  const { version } = item.accepted.registration;
  return version === undefined || version === null ? null : BigInt(version);
}
