/** Turns stored PRM messages into deals. Runs after the answer was given; a crash here loses nothing. */
import type { Database, Sql } from '../platform/database/database.ts';
import type { Logger } from '../platform/logging.ts';
import { acceptIntake } from './intake.ts';
import type { IntakeResult, IntakeSource } from './intake-item.ts';
import type { DealContext } from './ports.ts';
import { readPrmMessage, readWithdrawal } from './prm-message.ts';
import type { PrmElementKind } from './prm-message.ts';
import type { Fault } from './text-faults.ts';
import { withdrawByRef } from './withdraw-deal.ts';

interface StoredEvent {
  id: bigint;
  source: string;
  webhook_id: string;
  body: Buffer;
  attempts: number;
}

/** What became of one element; `reason` present = it needs a person. */
export interface ElementOutcome {
  outcome: string;
  reason?: string;
  faults?: readonly Fault[];
}

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** A message that makes us fail this often is parked as a whole: retrying for ever would hide it. */
const MOST_ATTEMPTS = 12;

/**
 * Processes up to `limit` due messages, oldest first, each in a transaction of its own. Safe to run in several
 * processes at once. Answers how many were finished; messages that failed stay due for later.
 */
export async function processPrmEvents(
  db: Database,
  context: DealContext,
  logger: Logger,
  limit = 100,
): Promise<number> {
  let finished = 0;
  for (let taken = 0; taken < limit; taken += 1) {
    const outcome = await processNext(db, context, logger);
    if (outcome === 'none') break;
    if (outcome === 'finished') finished += 1;
  }
  return finished;
}

/**
 * Whether any message is to be processed. For the sweeper. Ordered, because without an order and with old statistics the
 * planner reads the whole table in the hope of meeting a due message soon.
 */
export async function arePrmEventsDue(sql: Sql, now: Date): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM intake_events WHERE due_at <= $1 ORDER BY due_at LIMIT 1', [
    now,
  ]);
  return rows.length > 0;
}

async function processNext(
  db: Database,
  context: DealContext,
  logger: Logger,
): Promise<'none' | 'finished' | 'failed'> {
  const now = context.clock.now();
  let taken: StoredEvent | undefined;
  try {
    return await db.transaction(async (tx) => {
      taken = await claimDue(tx, now);
      if (taken === undefined) return 'none';
      await processEvent(tx, taken, context, now);
      return 'finished';
    });
  } catch (error) {
    // Without a message in hand the database itself failed; there is nothing to postpone.
    if (taken === undefined) throw error;
    logger.error({ err: error, intakeEvent: taken.id.toString() }, 'a PRM message could not be processed');
    await postpone(db, taken, error, now);
    return 'failed';
  }
}

async function claimDue(tx: Sql, now: Date): Promise<StoredEvent | undefined> {
  const [event] = await tx.query<StoredEvent>(
    `SELECT id, source, webhook_id, body, attempts FROM intake_events
      WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [now],
  );
  return event;
}

async function processEvent(tx: Sql, event: StoredEvent, context: DealContext, now: Date): Promise<void> {
  const message = readPrmMessage(event.body);
  if ('reason' in message) {
    await park(
      tx,
      event,
      -1,
      'message',
      event.body.toString('utf8').replaceAll('\u0000', '\\u0000'),
      message,
      now,
    );
    await finish(tx, event, { parked: 1 }, now);
    return;
  }
  const outcomes = await takeElements(tx, event, message.kind, message.elements, context);
  const counts: Record<string, number> = {};
  for (const [position, outcome] of outcomes.entries()) {
    const { reason } = outcome;
    const name = reason === undefined ? outcome.outcome : 'parked';
    counts[name] = (counts[name] ?? 0) + 1;
    if (reason === undefined) continue;
    const element = JSON.stringify(message.elements[position]);
    await park(tx, event, position, message.kind, element, { reason, faults: outcome.faults ?? [] }, now);
  }
  await finish(tx, event, counts, now);
}

/** Exported for the retry of parked elements, which keep the event id they had. */
export async function takeElements(
  tx: Sql,
  event: { source: string; webhook_id: string },
  kind: PrmElementKind,
  elements: readonly unknown[],
  context: DealContext,
  positions: readonly number[] = elements.map((_, position) => position),
): Promise<ElementOutcome[]> {
  const source: IntakeSource = { name: event.source, actor: `prm:${event.source}` };
  if (kind === 'deal.withdrawn') {
    const outcomes: ElementOutcome[] = [];
    for (const element of elements) outcomes.push(await takeWithdrawal(tx, source, element, context));
    return outcomes;
  }
  const items = elements.map((registration, index) => ({
    registration,
    eventId: `${event.webhook_id}#${positions[index] ?? index}`,
  }));
  return (await acceptIntake(tx, source, items, context)).map(outcomeOf);
}

function outcomeOf(result: IntakeResult): ElementOutcome {
  if (result.outcome === 'refused') return { outcome: 'refused', reason: result.reason };
  if (result.outcome !== 'malformed') return { outcome: result.outcome };
  const reason = result.faults.map((fault) => `${fault.pointer || '(all)'} ${fault.detail}`).join('; ');
  return { outcome: 'malformed', reason, faults: result.faults };
}

async function takeWithdrawal(
  tx: Sql,
  source: IntakeSource,
  element: unknown,
  context: DealContext,
): Promise<ElementOutcome> {
  const withdrawal = readWithdrawal(element);
  if ('fault' in withdrawal) return { outcome: 'malformed', reason: withdrawal.fault };
  const refusal = await withdrawByRef(tx, source, withdrawal, context);
  return refusal === null ? { outcome: 'withdrawn' } : { outcome: 'refused', reason: refusal };
}

async function park(
  tx: Sql,
  event: StoredEvent,
  position: number,
  kind: string,
  element: string,
  why: { reason: string; faults?: readonly Fault[] },
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO intake_parked (intake_event_id, position, kind, element, reason, faults, parked_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [event.id, position, kind, element, why.reason, JSON.stringify(why.faults ?? []), now],
  );
}

async function finish(tx: Sql, event: StoredEvent, counts: Record<string, number>, now: Date): Promise<void> {
  await tx.query(
    `UPDATE intake_events SET processed_at = $2, due_at = NULL, attempts = attempts + 1, outcomes = $3, last_error = NULL
      WHERE id = $1`,
    [event.id, now, JSON.stringify(counts)],
  );
}

async function postpone(db: Database, event: StoredEvent, error: unknown, now: Date): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  if (event.attempts + 1 >= MOST_ATTEMPTS) {
    await db.transaction(async (tx) => {
      const text = event.body.toString('utf8').replaceAll('\u0000', '\\u0000');
      await park(tx, event, -1, 'message', text, { reason: `Processing failed every time: ${reason}` }, now);
      await finish(tx, event, { parked: 1 }, now);
    });
    return;
  }
  const wait = Math.min(FIRST_RETRY_MS * 2 ** event.attempts, LONGEST_RETRY_MS);
  await db.query(
    `UPDATE intake_events SET attempts = attempts + 1, due_at = $2, last_error = $3
      WHERE id = $1 AND processed_at IS NULL`,
    [event.id, new Date(now.getTime() + wait), reason],
  );
}
