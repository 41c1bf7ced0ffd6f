import type { BulkStatus } from '../../src/crm/bulk.ts';
import type { WriteOutcome } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import { heldKeys, loadJobRows } from '../../src/mirror/bulk/job-rows.ts';
import { keepJob, type BulkJob } from '../../src/mirror/bulk/jobs.ts';
import { recordReferenceResults, type ReferenceResult } from '../../src/mirror/claim-references.ts';
import { recordDealResults } from '../../src/mirror/record-outcomes.ts';
import { closeCards } from '../../src/platform/cards/cards.ts';
import { crashPoint } from '../../src/platform/crash-point.ts';
import { baseResult, failItems, mirroredResult } from '../deal-outcomes.ts';
import { applyOutcomes } from '../create-references.ts';
import { inBatches } from '../may-go-on.ts';
import type { MirrorBatch, MirrorItem } from '../mirror-batch.ts';
import type { ReferenceBatch } from '../reference-batch.ts';
import { quotaCard, refusedCard } from './fail-step.ts';
import type { DealItem } from './hand-over-deals.ts';
import type { ReferenceItem } from './hand-over-references.ts';
import { options, type JobStep } from './job-step.ts';

/** Rows per transaction: an interruption costs at most so many to be recorded again. */
const perTransaction = 1_000;

type JobItem = { write: DealItem['write'] } & (DealItem | ReferenceItem);

/**
 * Stores what became of each record, once: a row leaves the job in the transaction that records it, and only rows that the
 * job still holds are recorded. What the job did not get to stays with it, to be released when it ends.
 */
export async function recordJob(step: JobStep, status: BulkStatus): Promise<void> {
  const { context, bulk, job } = step;
  const rows = await loadJobRows<JobItem>(context.db, job);
  const writes = rows.map(({ item }) => item.write);
  const outcomes = await bulk.results(job.crmJobId ?? '', job.target, status, writes, options(job));
  const held = await heldKeys(context.db, job);
  const known = rows.flatMap(({ key, item }) => {
    const outcome = outcomes.get(key);
    return outcome === undefined || !held.has(key) ? [] : [{ item, outcome }];
  });
  for (const part of inBatches(known, perTransaction)) {
    await (job.kind === 'deal' || job.kind === 'link'
      ? recordDeals(step, part as Known<DealItem>[])
      : recordReferences(step, part as Known<ReferenceItem>[]));
    await crashPoint('bulk:mid-record');
    await keepJob(context.db, job, context.clock.now());
  }
  const { object: subject } = job.target;
  const { connectionId } = job;
  await closeCards(context.db, { connectionId, kind: refusedCard, subject }, context.clock.now());
  await closeCards(context.db, { connectionId, kind: quotaCard }, context.clock.now());
}

interface Known<Item> {
  item: Item;
  outcome: WriteOutcome;
}

/** The rows' lease: they are held by the job's id for as long as it lasts. */
function rowLease(job: BulkJob) {
  return { token: job.id, until: Number.POSITIVE_INFINITY };
}

async function recordDeals(
  { context, connection, gate, job }: JobStep,
  known: readonly Known<DealItem>[],
): Promise<void> {
  const now = context.clock.now();
  const items = known.map(({ item }) => revive(item));
  const batch: MirrorBatch = {
    runId: job.id,
    context,
    connection,
    gate,
    items,
    claim: { lease: rowLease(job), mirrors: [] },
  };
  for (const [index, { outcome }] of known.entries()) {
    const item = items[index];
    if (item === undefined) continue;
    if (outcome.status === 'failed' && saysMoreAlone(outcome.error))
      item.result = {
        ...baseResult(item),
        state: 'due',
        dueAt: now,
        hash: null,
        error: outcome.error.details,
        write: null,
      };
    else if (outcome.status === 'failed') await failItems(batch, [item], outcome.error);
    else if (job.kind === 'link') item.result = mirroredResult(item, 'written');
    else item.result = pushedResult(item, outcome, now);
  }
  const results = items.flatMap((item) => (item.result === null ? [] : [item.result]));
  const { db, mirrorOutputs } = context;
  await recordDealResults(db, connection.id, job.id, rowLease(job), results, mirrorOutputs, now);
}

/**
 * Refused along with its neighbours: in ordinary batches the culprit is found. And a job does not say what a duplicate rule
 * found: an ordinary batch does.
 */
function saysMoreAlone({ kind, details }: SyncError): boolean {
  return details.spreads === true || kind === 'conflict';
}

function revive({ item }: DealItem): MirrorItem {
  const { dealId } = item.mirror;
  const view = {
    dealId,
    accountId: null,
    contactId: null,
    partnerAccountId: null,
    attachedAs: null,
    recordKind: 'deal' as const,
    lines: [],
    view: {},
  };
  return { ...item, view, result: null };
}

/** Written; the next claim links it, which for a fresh deal is again a job. */
function pushedResult(
  item: MirrorItem,
  outcome: Extract<WriteOutcome, { status: 'written' }>,
  now: Date,
): MirrorItem['result'] {
  item.crmId = outcome.crmId;
  return {
    ...baseResult(item),
    state: 'due',
    dueAt: now,
    hash: null,
    pushedHash: item.hash,
    pushedFresh: outcome.created && !item.mirror.suspect,
    write: { operation: item.sent ?? 'upsert', outcome: 'written', fields: item.fields },
  };
}

async function recordReferences(
  { context, connection, gate, job }: JobStep,
  known: readonly Known<ReferenceItem>[],
): Promise<void> {
  const references = known.map(({ item }) => item.reference);
  const claim = {
    kind: job.kind === 'contact' ? ('contact' as const) : ('account' as const),
    // What a duplicate rule found may have to be read.
    lease: { token: job.id, until: job.lease.until },
    references,
  };
  const results = new Map<string, ReferenceResult>();
  const nothing = { handedOver: new Set<string>(), recorded: new Set<string>() };
  const batch: ReferenceBatch = { context, connection, gate, claim, results, ...nothing };
  await applyOutcomes(
    batch,
    references,
    known.map(({ outcome }) => outcome),
  );
  const { db, clock } = context;
  // A job does not say what a duplicate rule found: an ordinary batch does.
  for (const { outcome } of known)
    if (outcome.status === 'failed' && outcome.error.kind === 'conflict')
      results.set(outcome.key, { ...dueAgain(outcome.error, clock.now()), key: outcome.key });
  await recordReferenceResults(db, connection.id, claim, [...results.values()], clock.now());
}

function dueAgain(error: SyncError, now: Date): Omit<ReferenceResult, 'key'> {
  return { state: 'due', crmId: null, dueAt: now, error: error.details, candidates: [], checkAt: null };
}
