import type { MatchCandidate, MatchWanted, RecordWrite } from '../src/crm/connector.ts';
import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError, type SourceView } from '../src/mapping/evaluate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { chooseMatch } from '../src/mirror/choose-match.ts';
import {
  claimDueReferences,
  recordReferenceResults,
  releaseReferences,
  type ClaimedReference,
  type ReferenceClaim,
  type ReferenceResult,
} from '../src/mirror/claim-references.ts';
import { claimSize, pauseConnection, reserveWrites, type Gate } from '../src/mirror/gate.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { intendedPrefix } from '../src/mirror/go-live.ts';
import { severalMatches } from '../src/mirror/matches.ts';
import { companyDomain } from '../src/mirror/reference-keys.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { WorkerContext } from './context.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import type { RecordClaim } from './mirror-batch.ts';
import { asSyncError, decideNext } from './decide-next.ts';

interface Batch {
  context: WorkerContext;
  connection: WiredConnection;
  gate: Gate;
  claim: ReferenceClaim;
  results: Map<string, ReferenceResult>;
}

/** Larger claims need fewer transactions and fuller queries; smaller ones spread better over the slots. */
const batchesPerClaim = 3;

/**
 * Resolves one claim of accounts, or when none are due of contacts, to CRM records: find the customer's own record,
 * else upsert on our unique field. Deals become claimable in the transaction that records the answer.
 * @returns what remains: to record the answers; null when nothing could be claimed
 */
export async function resolveReferences(
  context: WorkerContext,
  connection: WiredConnection,
  gate: Gate,
): Promise<RecordClaim | null> {
  for (const kind of ['account', 'contact'] as const) {
    const { writeBatch, matchBatch } = connection.capabilities;
    const batch = isLookedFor(connection, kind) ? Math.max(matchBatch, writeBatch) : writeBatch;
    const size = claimSize(gate, Math.max(batch, batchesPerClaim * writeBatch), batch);
    const claim = await claimDueReferences(context.db, connection.id, kind, size, context.clock.now());
    if (claim.references.length === 0) continue;
    await crashPoint('resolve:after-claim');
    const work = { context, connection, gate, claim, results: new Map<string, ReferenceResult>() };
    await resolveClaim(work);
    return () => recordClaim(work);
  }
  return null;
}

/** Contacts that are upserted by e-mail need no search before. */
function isLookedFor({ capabilities }: WiredConnection, kind: ReferenceClaim['kind']): boolean {
  return !(kind === 'contact' && capabilities.contactKey === 'email');
}

async function resolveClaim(batch: Batch): Promise<void> {
  try {
    await resolveParts(batch);
  } catch (error) {
    if (!(error instanceof LeaseTooShort)) throw error;
  }
}

async function recordClaim({ context, connection, claim, results }: Batch): Promise<void> {
  await crashPoint('resolve:before-record');
  await recordReferenceResults(context.db, connection.id, claim, [...results.values()], context.clock.now());
  // What the claim did not get to is free for the next one at once.
  if (results.size < claim.references.length) await releaseReferences(context.db, connection.id, claim);
  await crashPoint('resolve:after-record');
}

async function resolveParts(batch: Batch): Promise<void> {
  const { context, connection, gate, claim } = batch;
  const parts = inBatches(claim.references, connection.capabilities.matchBatch);
  for (const [index, part] of parts.entries()) {
    if (index > 0 && !(await mayGoOn(context, connection, claim.lease, 2))) return;
    const missing = await linkExisting(batch, part);
    if (gate.mode === 'shadow') intendCreation(batch, missing);
    else if (!(await createMissing(batch, missing))) return;
  }
}

/** Links what exists, parks what is ambiguous, returns what must be created. What a person chose is not looked for. */
async function linkExisting(
  batch: Batch,
  references: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const toCreate = references.filter(({ choice }) => choice !== null && choice.crmId === null);
  for (const reference of references)
    if (reference.choice?.crmId) resolved(batch, reference, reference.choice.crmId);
  const open = references.filter(({ choice }) => choice === null);
  return [...toCreate, ...(open.length === 0 ? [] : await linkFound(batch, open))];
}

async function linkFound(
  batch: Batch,
  references: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const { connection, claim } = batch;
  if (!isLookedFor(connection, claim.kind)) return references;
  const { object, keyField } = connection.mapping[claim.kind];
  let found: ReadonlyMap<string, readonly MatchCandidate[]>;
  try {
    const deadline = callDeadline(claim.lease);
    const wanted = references.map(toWanted);
    found = await connection.connector.findMatches(claim.kind, object, keyField, wanted, { deadline });
  } catch (error) {
    await failAll(batch, references, callError(error, 'resolve', connection.vendor));
    return [];
  }
  const missing: ClaimedReference[] = [];
  for (const reference of references) {
    const choice = chooseMatch(found.get(reference.key) ?? []);
    if (choice.choose === 'create') missing.push(reference);
    else if (choice.choose === 'link') resolved(batch, reference, choice.candidate.crmId);
    else parkAmbiguous(batch, reference, choice.candidates);
  }
  return missing;
}

function toWanted(reference: ClaimedReference): MatchWanted {
  const { facts } = reference;
  if (reference.kind === 'contact')
    return { key: reference.key, ...(facts.email ? { email: facts.email } : {}) };
  const domain = companyDomain(facts.domain ?? null);
  return {
    key: reference.key,
    ...(facts.name ? { name: facts.name } : {}),
    ...(domain ? { domain } : {}),
    ...(facts.country ? { country: facts.country } : {}),
  };
}

/**
 * One call after the other. What is not sent, because a call failed as a whole, the hour's cap is reached or the time is
 * up, has no result and stays due.
 * @returns false when the claim must not go on
 */
async function createMissing(batch: Batch, missing: readonly ClaimedReference[]): Promise<boolean> {
  const { context, connection, gate, claim } = batch;
  for (const [index, part] of inBatches(missing, connection.capabilities.writeBatch).entries()) {
    if (index > 0 && !(await mayGoOn(context, connection, claim.lease, 1))) return false;
    if (!(await reserveWrites(context.db, gate, part.length, context.clock.now()))) return false;
    if (!(await createPart(batch, part))) return false;
  }
  return true;
}

/** @returns false when the call failed as a whole */
async function createPart(batch: Batch, missing: readonly ClaimedReference[]): Promise<boolean> {
  const { connection, claim } = batch;
  const writes = missing.flatMap((reference) => prepareWrite(batch, reference));
  if (writes.length === 0) return true;
  const { object, keyField } = connection.mapping[claim.kind];
  const sent = missing.filter((reference) => !batch.results.has(reference.key));
  try {
    const deadline = callDeadline(claim.lease);
    const request = { kind: claim.kind, object, keyField, operation: 'upsert', records: writes } as const;
    const outcomes = await connection.connector.push(request, { deadline });
    await crashPoint('resolve:after-crm-commit');
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const reference of sent) {
      const outcome = byKey.get(reference.key);
      if (outcome?.status === 'written') resolved(batch, reference, outcome.crmId);
      else await failAll(batch, [reference], outcome?.error ?? unanswered(connection.vendor));
    }
    return true;
  } catch (error) {
    await failAll(batch, sent, callError(error, 'resolve', connection.vendor));
    return false;
  }
}

function unanswered(vendor: string): SyncError {
  return new SyncError({
    kind: 'ambiguous',
    stage: 'resolve',
    vendor,
    plain: 'the CRM answered without a result for this record',
  });
}

function prepareWrite(batch: Batch, reference: ClaimedReference): RecordWrite[] {
  const { connection } = batch;
  try {
    return [
      {
        key: reference.key,
        fields: evaluateRows(connection.mapping[reference.kind].write, referenceView(batch, reference), true),
      },
    ];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    park(batch, reference, { kind: 'invalid-record', plain: error.message, fields: [error.field] });
    return [];
  }
}

function referenceView({ connection }: Batch, reference: ClaimedReference): SourceView {
  const { facts } = reference;
  const domain = companyDomain(facts.domain ?? null);
  return {
    'account.key': reference.key,
    'account.name': facts.name ?? null,
    'account.domain': domain,
    'account.website': domain ? `https://${domain}` : null,
    'account.country': facts.country ?? null,
    'contact.key': reference.key,
    'contact.firstName': facts.firstName ?? null,
    'contact.lastName': facts.lastName ?? null,
    'contact.email': facts.email ?? null,
    'contact.phone': facts.phone ?? null,
    'refs.account': reference.accountId,
    'org.currency': connection.identity.currency,
  };
}

/** In shadow nothing is created: the id says so in the recorded writes, and going live asks for the record anew. */
function intendCreation(batch: Batch, missing: readonly ClaimedReference[]): void {
  for (const reference of missing) resolved(batch, reference, `${intendedPrefix}${reference.key}`);
}

function resolved(batch: Batch, reference: ClaimedReference, crmId: string): void {
  batch.results.set(reference.key, {
    key: reference.key,
    state: 'resolved',
    crmId,
    dueAt: null,
    error: null,
    candidates: [],
  });
}

function parkAmbiguous(
  batch: Batch,
  reference: ClaimedReference,
  candidates: readonly MatchCandidate[],
): void {
  const error = {
    kind: severalMatches,
    plain: `${candidates.length} ${reference.kind}s in the CRM match equally well`,
    nextStep:
      'Choose one: tributary matches list, then tributary matches choose. Or merge them in the CRM and redrive.',
  };
  batch.results.set(reference.key, {
    key: reference.key,
    state: 'parked',
    crmId: null,
    dueAt: null,
    error,
    candidates,
  });
}

function park(batch: Batch, reference: ClaimedReference, error: NonNullable<ReferenceResult['error']>): void {
  batch.results.set(reference.key, {
    key: reference.key,
    state: 'parked',
    crmId: null,
    dueAt: null,
    error,
    candidates: [],
  });
}

function callError(thrown: unknown, stage: SyncError['stage'], vendor: string): SyncError {
  if (thrown instanceof LeaseTooShort) throw thrown;
  return asSyncError(thrown, stage, vendor);
}

/** An upsert on our unique field is safe to repeat, so an ambiguous answer is simply asked again. */
async function failAll(
  batch: Batch,
  references: readonly ClaimedReference[],
  error: SyncError,
): Promise<void> {
  const { context, connection } = batch;
  const now = context.clock.now();
  for (const reference of references) {
    const decision = decideNext(error, reference.attempts, now, context.random);
    const retry =
      decision.next.do === 'retry' || decision.next.do === 'look-then-retry' ? decision.next.at : null;
    batch.results.set(reference.key, {
      key: reference.key,
      state: retry ? 'due' : 'parked',
      crmId: null,
      dueAt: retry,
      error: error.details,
      candidates: [],
    });
    if (decision.pauseUntil) {
      await pauseConnection(
        context.db,
        connection.id,
        decision.pauseUntil,
        decision.pauseReason ?? error.details.plain,
      );
    }
  }
  if (error.kind === 'auth-expired') await context.connections.forget(connection.id);
}
