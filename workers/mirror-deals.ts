import { newId } from '../src/platform/ids.ts';
import type { PushRequest, RecordWrite, WriteOutcome } from '../src/crm/connector.ts';
import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError, type SourceView } from '../src/mapping/evaluate.ts';
import { requireAbsentValues } from '../src/mapping/fit.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import {
  claimDueDeals,
  markSending,
  releaseDeals,
  type ClaimedMirror,
  type DealClaim,
} from '../src/mirror/claim-deals.ts';
import { batchLimit, pauseConnection, reserveWrites, type Gate } from '../src/mirror/gate.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import type { DealResult } from '../src/mirror/deal-result.ts';
import { loadDealViews, type DealView } from '../src/mirror/load-views.ts';
import { payloadHash } from '../src/mirror/payload-hash.ts';
import { recordDealResults } from '../src/mirror/record-outcomes.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext, type Decision } from './decide-next.ts';

/** One deal on its way through a batch. `result` is set as soon as its outcome is known. */
interface Item {
  mirror: ClaimedMirror;
  view: DealView;
  crmId: string | null;
  fresh: boolean;
  fields: RecordWrite['fields'];
  hash: string;
  needsPush: boolean;
  needsLink: boolean;
  sent: 'upsert' | 'update' | null;
  result: DealResult | null;
}

interface Batch {
  context: WorkerContext;
  connection: WiredConnection;
  gate: Gate;
  claim: DealClaim;
  items: Item[];
}

/**
 * Mirrors one batch of due deals into one connection.
 * @returns how many deals were claimed; a full batch means more is waiting
 */
export async function mirrorDeals(
  context: WorkerContext,
  connection: WiredConnection,
  gate: Gate,
): Promise<number> {
  const limit = batchLimit(gate, connection.capabilities.writeBatch);
  const claim = await claimDueDeals(context.db, connection.id, limit, context.clock.now());
  if (claim.mirrors.length === 0) return 0;
  await crashPoint('mirror:after-claim');
  const batch: Batch = { context, connection, gate, claim, items: [] };
  try {
    await prepare(batch);
    if (gate.mode === 'shadow') shadowAll(batch);
    else if (await mayWrite(batch)) {
      await lookUpSuspects(batch);
      await pushDeals(batch);
      await linkDeals(batch);
    } else return 0;
  } catch (error) {
    if (!(error instanceof LeaseTooShort)) throw error;
    context.logger.warn(
      { connectionId: connection.id },
      'a batch outlived its lease and was left to the next claim',
    );
    return 0;
  }
  await crashPoint('mirror:before-record');
  await recordBatch(batch);
  await crashPoint('mirror:after-record');
  return claim.mirrors.length;
}

/** Computes each deal's payload; what cannot be computed is parked with the reason, what is unchanged is done. */
async function prepare(batch: Batch): Promise<void> {
  const { context, connection, claim } = batch;
  const dealIds = claim.mirrors.map((mirror) => mirror.dealId);
  const views = await loadDealViews(
    context.db,
    connection.id,
    dealIds,
    context.clock.now(),
    context.publicUrl,
  );
  batch.items = claim.mirrors.map((mirror) =>
    prepareDeal(connection, mirror, requireView(views, mirror.dealId)),
  );
}

function requireView(views: ReadonlyMap<string, DealView>, dealId: string): DealView {
  const view = views.get(dealId);
  if (!view) throw new Error(`deal ${dealId} has a mirror row but cannot be loaded`);
  return view;
}

function prepareDeal(connection: WiredConnection, mirror: ClaimedMirror, view: DealView): Item {
  const item: Item = {
    mirror,
    view,
    crmId: mirror.crmId,
    fresh: false,
    fields: {},
    hash: '',
    needsPush: true,
    needsLink: true,
    sent: null,
    result: null,
  };
  try {
    const source = fullView(connection, view);
    requireAbsentValues(connection.mapping, 'deal', source);
    const lasting = evaluateRows(connection.mapping.deal.write, source, false);
    item.hash = payloadHash(connection.mapping.digest, lasting, [
      view.accountId,
      view.contactId,
      view.partnerAccountId,
    ]);
    item.fields = mirror.crmId === null ? evaluateRows(connection.mapping.deal.write, source, true) : lasting;
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    const refused = new SyncError({
      kind: 'invalid-record',
      stage: 'push',
      vendor: connection.vendor,
      plain: error.message,
      nextStep: 'Correct the deal or the mapping row, then redrive.',
      fields: [error.field],
    });
    item.result = parkedResult(item, refused);
    return item;
  }
  if (mirror.crmId !== null && mirror.mirroredHash === item.hash && !mirror.suspect)
    item.result = mirroredResult(item, null);
  return item;
}

function fullView(connection: WiredConnection, view: DealView): SourceView {
  return {
    ...view.view,
    'stage.open': connection.openStage.id,
    'stage.openPipeline': connection.openStage.pipeline ?? null,
    'org.currency': connection.identity.currency,
  };
}

function waiting(batch: Batch): Item[] {
  return batch.items.filter((item) => item.result === null);
}

/** Shadow: everything is computed and recorded, nothing is sent. */
function shadowAll(batch: Batch): void {
  for (const item of waiting(batch)) {
    const operation = item.crmId === null ? 'upsert' : 'update';
    item.result = {
      ...baseResult(item),
      state: 'shadowed',
      write: { operation, outcome: 'shadow', fields: item.fields },
    };
  }
}

async function mayWrite(batch: Batch): Promise<boolean> {
  const { context, gate, claim } = batch;
  if (await reserveWrites(context.db, gate, waiting(batch).length, context.clock.now())) return true;
  await releaseDeals(context.db, gate.connectionId, claim.lease);
  return false;
}

/** A deal whose last send had no conclusive answer may exist already: its create-only fields must not be written again. */
async function lookUpSuspects(batch: Batch): Promise<void> {
  const { connection, claim } = batch;
  const suspects = waiting(batch).filter((item) => item.mirror.suspect && item.crmId === null);
  if (suspects.length === 0) return;
  const { object, keyField } = connection.mapping.deal;
  try {
    const deadline = callDeadline(claim.lease);
    const keys = suspects.map((item) => item.mirror.dealId);
    const found = await connection.connector.lookupByKey(object, keyField, keys, { deadline });
    for (const item of suspects) adoptFound(connection, item, found.get(item.mirror.dealId));
  } catch (error) {
    await failItems(batch, suspects, asCallError(error, 'lookup', connection.vendor));
  }
}

function adoptFound(connection: WiredConnection, item: Item, crmId: string | undefined): void {
  if (crmId === undefined) return;
  item.crmId = crmId;
  item.fields = evaluateRows(connection.mapping.deal.write, fullView(connection, item.view), false);
}

async function pushDeals(batch: Batch): Promise<void> {
  const toSend = waiting(batch);
  if (toSend.length === 0) return;
  const { context, connection, claim } = batch;
  const ids = toSend.map((item) => item.mirror.dealId);
  const held = await markSending(context.db, connection.id, claim.lease, ids);
  if (held.size < toSend.length) throw new LeaseTooShort();
  await crashPoint('mirror:before-send');
  await pushGroup(
    batch,
    'upsert',
    toSend.filter((item) => item.crmId === null),
  );
  await pushGroup(
    batch,
    'update',
    toSend.filter((item) => item.crmId !== null && item.sent === null),
  );
  await crashPoint('mirror:after-crm-commit');
}

async function pushGroup(batch: Batch, operation: PushRequest['operation'], items: Item[]): Promise<void> {
  if (items.length === 0) return;
  const { connection, claim } = batch;
  const { object, keyField } = connection.mapping.deal;
  for (const item of items) item.sent = operation;
  try {
    const deadline = callDeadline(claim.lease);
    const records = items.map((item) => toWrite(item));
    const outcomes = await connection.connector.push(
      { kind: 'deal', object, keyField, operation, records },
      { deadline },
    );
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const item of items) await applyOutcome(batch, item, byKey.get(item.mirror.dealId));
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'push', connection.vendor));
  }
}

function toWrite(item: Item): RecordWrite {
  const write: RecordWrite = { key: item.mirror.dealId, fields: item.fields };
  return item.crmId === null ? write : { ...write, crmId: item.crmId };
}

async function applyOutcome(batch: Batch, item: Item, outcome: WriteOutcome | undefined): Promise<void> {
  if (outcome?.status === 'written') {
    item.crmId = outcome.crmId;
    item.fresh = outcome.created && !item.mirror.suspect;
    return;
  }
  const error = outcome?.error ?? missingAnswer(batch.connection.vendor, 'push');
  await failItems(batch, [item], error);
}

function missingAnswer(vendor: string, stage: 'push' | 'link'): SyncError {
  const plain = 'the CRM answered without a result for this record';
  return new SyncError({ kind: 'ambiguous', stage, vendor, plain });
}

async function linkDeals(batch: Batch): Promise<void> {
  const { connection, claim } = batch;
  const items = waiting(batch).filter((item) => item.crmId !== null && item.view.accountId !== null);
  if (items.length === 0) return;
  try {
    const deadline = callDeadline(claim.lease);
    const outcomes = await connection.connector.link(items.map(toLink), { deadline });
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

function toLink(item: Item): Parameters<WiredConnection['connector']['link']>[0][number] {
  return {
    key: item.mirror.dealId,
    dealId: item.crmId ?? '',
    accountId: item.view.accountId ?? '',
    ...(item.view.contactId === null ? {} : { contactId: item.view.contactId }),
    ...(item.view.partnerAccountId === null ? {} : { partnerAccountId: item.view.partnerAccountId }),
    fresh: item.fresh,
  };
}

/** LeaseTooShort is not an answer of the CRM: it ends the batch. */
function asCallError(thrown: unknown, stage: SyncError['stage'], vendor: string): SyncError {
  if (thrown instanceof LeaseTooShort) throw thrown;
  return asSyncError(thrown, stage, vendor);
}

async function failItems(batch: Batch, items: readonly Item[], error: SyncError): Promise<void> {
  const { context, connection } = batch;
  const now = context.clock.now();
  let decision: Decision | undefined;
  for (const item of items) {
    decision = decideNext(error, item.mirror.attempts + 1, now, context.random);
    item.result = failedResult(item, error, decision);
  }
  if (decision?.pauseUntil) {
    await pauseConnection(
      context.db,
      connection.id,
      decision.pauseUntil,
      decision.pauseReason ?? error.details.plain,
    );
  }
  if (error.kind === 'auth-expired') await context.connections.forget(connection.id);
  if (error.kind === 'bug')
    context.logger.warn({ err: error, connectionId: connection.id }, 'unforeseen failure of a CRM call');
}

function baseResult(item: Item): Omit<DealResult, 'state' | 'write'> {
  return {
    dealId: item.mirror.dealId,
    version: item.mirror.desiredVersion,
    hash: item.hash,
    crmId: item.crmId,
    linked: false,
    suspect: false,
    dueAt: null,
    error: null,
  };
}

function mirroredResult(item: Item, outcome: 'written' | null): DealResult {
  const write: DealResult['write'] =
    outcome === null ? null : { operation: item.sent ?? 'link', outcome, fields: item.fields };
  return { ...baseResult(item), state: 'mirrored', linked: true, write };
}

function parkedResult(item: Item, error: SyncError): DealResult {
  return { ...baseResult(item), state: 'parked', hash: null, error: error.details, write: null };
}

function failedResult(item: Item, error: SyncError, decision: Decision): DealResult {
  const { next } = decision;
  const ambiguous = next.do === 'look-then-retry';
  const retrying = next.do === 'retry' || next.do === 'look-then-retry';
  return {
    ...baseResult(item),
    state: retrying ? 'due' : next.do === 'park' ? 'parked' : 'tombstone',
    hash: null,
    // A known id needs no look-up: the next write goes to that very record.
    suspect: ambiguous || item.mirror.suspect,
    dueAt: retrying ? next.at : null,
    error: error.details,
    write:
      item.sent === null
        ? null
        : { operation: item.sent, outcome: ambiguous ? 'ambiguous' : 'refused', fields: item.fields },
  };
}

async function recordBatch(batch: Batch): Promise<void> {
  const { context, connection, claim } = batch;
  const results = batch.items.flatMap((item) => (item.result === null ? [] : [item.result]));
  const now = context.clock.now();
  await recordDealResults(
    context.db,
    connection.id,
    newId(context.clock),
    claim.lease,
    results,
    context.mirrorOutputs,
    now,
  );
}
