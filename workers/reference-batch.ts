import type { SyncError } from '../src/crm/sync-error.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import {
  recordReferenceResults,
  type ClaimedReference,
  type ReferenceClaim,
  type ReferenceResult,
} from '../src/mirror/claim-references.ts';
import type { StoredError } from '../src/mirror/deal-result.ts';
import { intendedPrefix } from '../src/mirror/go-live.ts';
import { LeaseTooShort } from '../src/mirror/lease.ts';
import type { Gate } from '../src/mirror/gate.ts';
import type { MatchCandidate } from '../src/mirror/score-candidates.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';

/** One claim of accounts or contacts on its way to CRM records. `results` grows as outcomes are known. */
export interface ReferenceBatch {
  context: WorkerContext;
  connection: WiredConnection;
  gate: Gate;
  claim: ReferenceClaim;
  results: Map<string, ReferenceResult>;
  /** Keys whose results are stored already. */
  recorded: Set<string>;
  /** Keys given to a bulk job, which records them. */
  handedOver: Set<string>;
}

/** @param looked whether the CRM itself said right now that the record is there */
export function resolved(
  batch: ReferenceBatch,
  reference: ClaimedReference,
  crmId: string,
  looked: boolean,
): void {
  batch.results.set(reference.key, {
    key: reference.key,
    state: 'resolved',
    crmId,
    dueAt: null,
    error: null,
    candidates: [],
    checkAt: checkAt(batch, crmId, looked),
  });
}

function checkAt({ connection, context }: ReferenceBatch, crmId: string, looked: boolean): Date | null {
  if (connection.connector.readReferences === undefined || crmId.startsWith(intendedPrefix)) return null;
  const hours = looked ? connection.mapping.matching.recheckHours : 0;
  return new Date(context.clock.now().getTime() + hours * 3_600_000);
}

/** Waits for a person. */
export function park(
  batch: ReferenceBatch,
  reference: ClaimedReference,
  error: StoredError,
  candidates: readonly MatchCandidate[] = [],
): void {
  batch.results.set(reference.key, {
    key: reference.key,
    state: 'parked',
    crmId: null,
    dueAt: null,
    error,
    candidates,
    checkAt: null,
  });
}

export function callError(thrown: unknown, stage: SyncError['stage'], vendor: string): SyncError {
  if (thrown instanceof LeaseTooShort) throw thrown;
  return asSyncError(thrown, stage, vendor);
}

/** An upsert on our unique field is safe to repeat, so an ambiguous answer is simply asked again. */
export async function failAll(
  batch: ReferenceBatch,
  references: readonly ClaimedReference[],
  error: SyncError,
): Promise<void> {
  const { context, connection } = batch;
  const now = context.clock.now();
  for (const reference of references) {
    const decision = decideNext(error, reference.attempts, now, context.random);
    const retry =
      decision.next.do === 'retry' || decision.next.do === 'look-then-retry' ? decision.next.at : null;
    if (retry === null) park(batch, reference, error.details);
    else batch.results.set(reference.key, { ...toRetry(reference.key, retry), error: error.details });
    await heedPause(context, connection, error, decision);
  }
  if (error.details.schemaSuspect === true) context.connections.recheck?.(connection.id);
}

function toRetry(key: string, dueAt: Date): Omit<ReferenceResult, 'error'> {
  return { key, state: 'due', crmId: null, dueAt, candidates: [], checkAt: null };
}

/** Those that are not recorded yet. Call by call, because a worker that is killed repeats what was not. */
export async function recordResults(batch: ReferenceBatch): Promise<void> {
  const { context, connection, claim, results, recorded } = batch;
  const news = [...results.values()].filter(({ key }) => !recorded.has(key));
  await recordReferenceResults(context.db, connection.id, claim, news, context.clock.now());
  for (const { key } of news) recorded.add(key);
}
