import type { PausedRow } from '../src/mapping/fit.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import {
  claimDueReferences,
  noteLookedFor,
  releaseReferences,
  type ClaimedReference,
  type ReferenceClaim,
  type ReferenceResult,
} from '../src/mirror/claim-references.ts';
import { claimSize, type Gate } from '../src/mirror/gate.ts';
import { intendedPrefix } from '../src/mirror/go-live.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { WorkerContext } from './context.ts';
import { creatable, createMissing } from './create-references.ts';
import { essentialPause, heldError, heldForMs } from './heed-pauses.ts';
import { linkFound } from './match-references.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import type { RecordClaim } from './mirror-batch.ts';
import { callError, failAll, recordResults, resolved, type ReferenceBatch } from './reference-batch.ts';

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
    const work = {
      context,
      connection,
      gate,
      claim,
      results: new Map<string, ReferenceResult>(),
      handedOver: new Set<string>(),
      recorded: new Set<string>(),
    };
    await resolveClaim(work);
    return () => recordClaim(work);
  }
  return null;
}

/** Contacts that are upserted by e-mail need no search before. */
function isLookedFor({ capabilities }: WiredConnection, kind: ReferenceClaim['kind']): boolean {
  return !(kind === 'contact' && capabilities.contactKey === 'email');
}

async function resolveClaim(batch: ReferenceBatch): Promise<void> {
  try {
    await resolveParts(batch);
  } catch (error) {
    if (!(error instanceof LeaseTooShort)) throw error;
  }
}

async function recordClaim(batch: ReferenceBatch): Promise<void> {
  const { context, connection, claim, results, handedOver } = batch;
  await crashPoint('resolve:before-record');
  await recordResults(batch);
  // What the claim did not get to is free for the next one at once.
  if (results.size + handedOver.size < claim.references.length)
    await releaseReferences(context.db, connection.id, claim);
  await crashPoint('resolve:after-record');
}

async function resolveParts(batch: ReferenceBatch): Promise<void> {
  const { context, connection, gate, claim } = batch;
  const pause = essentialPause(connection, claim.kind);
  if (pause) return holdReferences(batch, pause);
  const parts = inBatches(claim.references, connection.capabilities.matchBatch);
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      await recordResults(batch);
      if (!(await mayGoOn(context, connection, claim.lease, 2))) return;
    }
    const unknown = await linkExisting(batch, part);
    const missing = creatable(batch, await withoutPersons(batch, unknown));
    if (gate.mode === 'shadow') intendCreation(batch, missing);
    else if (!(await createMissing(batch, missing))) return;
  }
}

/**
 * A contact of a customer who is a person is that person's own, whatever its address: the CRM takes no other. Where persons
 * are neither made nor matched, nothing is asked.
 * @returns what must be created
 */
async function withoutPersons(
  batch: ReferenceBatch,
  missing: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const { connection, claim } = batch;
  const { mapping, connector } = connection;
  const mayBePersons = mapping.persons !== undefined || mapping.matching.account.personAccounts === 'match';
  if (claim.kind !== 'contact' || !mayBePersons || connector.personContacts === undefined) return missing;
  const ids = missing.flatMap(({ accountId }) =>
    accountId === null || accountId.startsWith(intendedPrefix) ? [] : [accountId],
  );
  if (ids.length === 0) return missing;
  try {
    const options = { deadline: callDeadline(claim.lease) };
    const found = await connector.personContacts(mapping.account.object, ids, options);
    return missing.filter((reference) => {
      const contactId = found.get(reference.accountId ?? '');
      if (contactId !== undefined) resolved(batch, reference, contactId, true);
      return contactId === undefined;
    });
  } catch (error) {
    await failAll(batch, missing, callError(error, 'resolve', connection.vendor));
    return [];
  }
}

/** Without its key, or matched by less than was decided, a customer could be created twice: all wait, at no call. */
function holdReferences({ claim, results, context }: ReferenceBatch, pause: PausedRow): void {
  const dueAt = new Date(context.clock.now().getTime() + heldForMs);
  for (const { key } of claim.references) {
    const error = heldError(pause);
    results.set(key, { key, state: 'due', crmId: null, dueAt, error, candidates: [], checkAt: null });
  }
}

/** Links what exists, parks what is ambiguous, returns what must be created. What a person chose is not looked for. */
async function linkExisting(
  batch: ReferenceBatch,
  references: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const toCreate = references.filter(({ choice }) => choice !== null && choice.crmId === null);
  for (const reference of references)
    if (reference.choice?.crmId) resolved(batch, reference, reference.choice.crmId, false);
  const open = references.filter(({ choice }) => choice === null);
  if (!isLookedFor(batch.connection, batch.claim.kind)) return [...toCreate, ...open];
  const known = open.filter(({ lookedFor }) => lookedFor === true);
  const unknown = open.filter(({ lookedFor }) => lookedFor !== true);
  const missing = unknown.length === 0 ? [] : await linkFound(batch, unknown);
  const { context, connection, claim } = batch;
  const keys = missing.map(({ key }) => key);
  await noteLookedFor(context.db, connection.id, claim, keys, context.clock.now());
  return [...toCreate, ...known, ...missing];
}

/** In shadow nothing is created: the id says so in the recorded writes, and going live asks for the record anew. */
function intendCreation(batch: ReferenceBatch, missing: readonly ClaimedReference[]): void {
  for (const reference of missing) resolved(batch, reference, `${intendedPrefix}${reference.key}`, true);
}
