/** What a batch of registrations does to deals, worked out in memory before anything is written. */
import type { Sql } from '../platform/database/database.ts';
import { newId } from '../platform/ids.ts';
import type { CheckedRegistration } from './check-registration.ts';
import type { Deal } from './deal.ts';
import type { DealEvent } from './deal-events.ts';
import { refusalOfChange } from './deal-status.ts';
import type { IntakeResult, IntakeSource } from './intake-item.ts';
import type { DealContext } from './ports.ts';
import { differences, factsOf, lastingFacts, registeredAtOf } from './registration-facts.ts';
import { lockDealsByRef } from './store-deals.ts';

type Accepted = Extract<CheckedRegistration, { ok: true }>;

/** A well-formed item and its place in the batch. */
export interface Pending {
  index: number;
  accepted: Accepted;
  eventId: string | undefined;
}

/** A deal as it stands in the batch, and what has to be written for it. */
export interface Draft {
  deal: Deal;
  isNew: boolean;
  isTouched: boolean;
  isChanged: boolean;
  events: DealEvent[];
  results: [index: number, result: IntakeResult][];
}

/** Locks the deals concerned and applies the items to them in order. Drafts by reference. */
export async function draftAll(
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
