import type { RecordWrite, WriteOutcome } from '../src/crm/connector.ts';
import type { FoundRecord } from '../src/crm/matching.ts';
import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError, type SourceView } from '../src/mapping/evaluate.ts';
import { matchingFields } from '../src/mapping/sections/matching.ts';
import type { ClaimedReference } from '../src/mirror/claim-references.ts';
import { reserveWrites } from '../src/mirror/gate.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { creationOff, deletedInCrm, possibleDuplicate } from '../src/mirror/match-problems.ts';
import { plainCandidate } from '../src/mirror/plain-candidate.ts';
import { companyDomain } from '../src/mirror/reference-keys.ts';
import { scoreCandidates, type MatchSubject, type Scored } from '../src/mirror/score-candidates.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import { goInBulk, handOverReferences } from './bulk/hand-over-references.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import { toSubject } from './match-references.ts';
import { callError, failAll, park, recordResults, resolved, type ReferenceBatch } from './reference-batch.ts';

/** What may be created at all; the rest waits for a person with the reason. */
export function creatable(
  batch: ReferenceBatch,
  missing: readonly ClaimedReference[],
): readonly ClaimedReference[] {
  const { matching } = batch.connection.mapping;
  return missing.filter((reference) => {
    const wished = reference.choice !== null && reference.choice.crmId === null;
    if (reference.kind === 'account' && !matching.createAccounts) {
      park(batch, reference, creationOff(toSubject(reference)));
      return false;
    }
    if (reference.goneCrmId !== null && !wished) {
      park(batch, reference, deletedInCrm(toSubject(reference), reference.goneCrmId));
      return false;
    }
    return true;
  });
}

/**
 * One call after the other. What is not sent, because a call failed as a whole, the hour's cap is reached or the time is
 * up, has no result and stays due. What a person allowed in spite of a duplicate rule is sent alone: the allowance holds
 * for a whole request.
 * @returns false when the claim must not go on
 */
export async function createMissing(
  batch: ReferenceBatch,
  missing: readonly ClaimedReference[],
): Promise<boolean> {
  const { context, connection, gate, claim } = batch;
  const allowed = missing.filter(isAllowedDuplicate);
  const usual = missing.filter((reference) => !isAllowedDuplicate(reference));
  const parts = [
    ...inBatches(await withoutThoseInBulk(batch, usual), connection.capabilities.writeBatch),
    ...inBatches(allowed, 1),
  ];
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      await recordResults(batch);
      if (!(await mayGoOn(context, connection, claim.lease, 1))) return false;
    }
    if (!(await reserveWrites(context.db, gate, part.length, context.clock.now()))) return false;
    if (!(await createPart(batch, part))) return false;
  }
  return true;
}

/** What failed in a job goes out in an ordinary batch: that is answered with more, such as what a duplicate rule found. */
async function withoutThoseInBulk(
  batch: ReferenceBatch,
  missing: readonly ClaimedReference[],
): Promise<readonly ClaimedReference[]> {
  const fresh = missing.filter(({ attempts }) => attempts <= 1);
  if (fresh.length === 0 || !(await goInBulk(batch))) return missing;
  const sendable = fresh.map((reference) => ({ reference, writes: prepareWrite(batch, reference) }));
  await handOverReferences(batch, sendable);
  return missing.filter(({ key }) => !batch.handedOver.has(key) && !batch.results.has(key));
}

/** Only a person's stored word lets a record pass a duplicate rule. */
function isAllowedDuplicate({ choice }: ClaimedReference): boolean {
  return choice !== null && choice.crmId === null && choice.allowDuplicate === true;
}

/** @returns false when the call failed as a whole */
async function createPart(batch: ReferenceBatch, missing: readonly ClaimedReference[]): Promise<boolean> {
  const { connection, claim } = batch;
  const writes = missing.flatMap((reference) => prepareWrite(batch, reference));
  if (writes.length === 0) return true;
  const { object, keyField } = connection.mapping[claim.kind];
  const sent = missing.filter((reference) => !batch.results.has(reference.key));
  const allowance = sent.every(isAllowedDuplicate) ? { allowDuplicate: true as const } : {};
  try {
    const deadline = callDeadline(claim.lease);
    const request = {
      kind: claim.kind,
      object,
      keyField,
      operation: 'upsert',
      records: writes,
      ...allowance,
    } as const;
    const outcomes = await connection.connector.push(request, { deadline });
    await crashPoint('resolve:after-crm-commit');
    await applyOutcomes(batch, sent, outcomes);
    return true;
  } catch (error) {
    await failAll(batch, sent, callError(error, 'resolve', connection.vendor));
    return false;
  }
}

export async function applyOutcomes(
  batch: ReferenceBatch,
  sent: readonly ClaimedReference[],
  outcomes: readonly WriteOutcome[],
): Promise<void> {
  const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
  const stopped: { reference: ClaimedReference; error: SyncError }[] = [];
  for (const reference of sent) {
    const outcome = byKey.get(reference.key);
    if (outcome?.status === 'written') resolved(batch, reference, outcome.crmId, true);
    else if (outcome?.error.details.duplicateRule) stopped.push({ reference, error: outcome.error });
    else await failAll(batch, [reference], outcome?.error ?? unanswered(batch.connection.vendor));
  }
  if (stopped.length > 0) await heedDuplicateRules(batch, stopped);
}

/** A duplicate rule is a question to a person, with what it found; the mapping may let one clear match be the answer. */
async function heedDuplicateRules(
  batch: ReferenceBatch,
  stopped: readonly { reference: ClaimedReference; error: SyncError }[],
): Promise<void> {
  const { matching } = batch.connection.mapping;
  const ids = stopped.flatMap(({ error }) => error.details.existingIds ?? []);
  let found: ReadonlyMap<string, FoundRecord>;
  try {
    found = await readFound(batch, ids);
  } catch (error) {
    // Its neighbours were written: only these are tried again.
    const references = stopped.map(({ reference }) => reference);
    return failAll(batch, references, callError(error, 'resolve', batch.connection.vendor));
  }
  for (const { reference, error } of stopped) {
    const { duplicateRule, existingIds = [] } = error.details;
    const subject = toSubject(reference);
    const scored = scoreAll(batch, subject, existingIds, found);
    const [only, second] = scored;
    const isClear = only !== undefined && second === undefined && !only.isOwn && only.points >= matching.link;
    if (matching.onDuplicateRule === 'link' && isClear) resolved(batch, reference, only.crmId, true);
    else if (duplicateRule) {
      const candidates = scored.map(plainCandidate);
      park(
        batch,
        reference,
        { ...possibleDuplicate(subject, duplicateRule, candidates), ...vendorWords(error) },
        candidates,
      );
    }
  }
}

/** Each of them, also those that score nothing: the CRM's own rule says they are alike. */
function scoreAll(
  { connection }: ReferenceBatch,
  subject: MatchSubject,
  ids: readonly string[],
  found: ReadonlyMap<string, FoundRecord>,
): Scored[] {
  const records = ids.flatMap((id) => found.get(id) ?? []);
  const scored = new Map(
    scoreCandidates(subject, records, connection.mapping.matching).map((one) => [one.crmId, one]),
  );
  return ids
    .map((crmId): Scored => scored.get(crmId) ?? unscored(crmId, found.get(crmId)))
    .sort((a, b) => b.points - a.points);
}

function unscored(crmId: string, record: FoundRecord | undefined): Scored {
  const reasons = ["found by the CRM's duplicate rule"];
  return {
    crmId,
    name: record?.name ?? crmId,
    score: 0,
    points: 0,
    reasons,
    because: reasons.join(),
    isOurs: false,
    isOwn: false,
    parentId: null,
  };
}

async function readFound(batch: ReferenceBatch, ids: readonly string[]): Promise<Map<string, FoundRecord>> {
  const { connection, claim } = batch;
  const { connector, mapping, capabilities } = connection;
  if (connector.readReferences === undefined) return new Map();
  const { object, keyField } = mapping[claim.kind];
  const fields = matchingFields(mapping.matching, claim.kind);
  const found = new Map<string, FoundRecord>();
  for (const crmIds of inBatches([...new Set(ids)], capabilities.matchBatch)) {
    const request = { kind: claim.kind, object, keyField, crmIds, fields };
    const states = await connector.readReferences(request, { deadline: callDeadline(claim.lease) });
    for (const state of states) if (state.is !== 'gone') found.set(state.crmId, state.record);
  }
  return found;
}

function vendorWords({ details }: SyncError): { vendorCode?: string; vendorMessage?: string } {
  const { vendorCode, vendorMessage } = details;
  return { ...(vendorCode ? { vendorCode } : {}), ...(vendorMessage ? { vendorMessage } : {}) };
}

function unanswered(vendor: string): SyncError {
  const plain = 'the CRM answered without a result for this record';
  return new SyncError({ kind: 'ambiguous', stage: 'resolve', vendor, plain });
}

function prepareWrite(batch: ReferenceBatch, reference: ClaimedReference): RecordWrite[] {
  const { connection } = batch;
  try {
    const { personRows } = connection.mapping;
    const isPerson = reference.kind === 'account' && reference.facts.person === true;
    const fields = evaluateRows(
      isPerson && personRows ? [...personRows] : connection.mapping[reference.kind].write,
      referenceView(batch, reference),
      true,
    );
    return [{ key: reference.key, fields }];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    park(batch, reference, { kind: 'invalid-record', plain: error.message, fields: [error.field] });
    return [];
  }
}

function referenceView({ connection }: ReferenceBatch, reference: ClaimedReference): SourceView {
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
