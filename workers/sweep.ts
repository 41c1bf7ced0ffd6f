import { promoteForgotten } from '../src/mirror/claim-references.ts';
import { followingDue } from '../src/mirror/follow-references.ts';
import { reviveWaitingLines } from '../src/mirror/deal-lines.ts';
import { candidatesDue } from '../src/mirror/partner-links.ts';
import { loginCheckDue } from '../src/mirror/refused-login.ts';
import { closeReadGaps } from '../src/observations/stream-gaps.ts';
import type { Sql } from '../src/platform/database/database.ts';
import { loginCheckQueue } from './check-login.ts';
import type { ObservingContext } from './context.ts';
import { mirrorQueue } from './drain-connection.ts';
import { commissionQueue, observeQueue } from './observe-records.ts';
import { parseQueue } from './parse-notifications.ts';
import { pollCursor, pollIntervalOf, pollQueue } from './poll-changes.ts';

interface ConnectionDue {
  id: string;
  paused: boolean;
  login_check_due: boolean;
  push_due: boolean;
  observe_due: boolean;
  free_push: number;
  free_observe: number;
  polled_before: Date | null;
  polls_instead: boolean;
  gap_unpolled: boolean;
}

/** A queue whose rows are not a connection's: its name and the SQL that says whether anything is due. */
export interface GlobalWork {
  queue: string;
  due(sql: Sql, now: Date): Promise<boolean>;
}

/** How many times as long as a heal took the sweeper leaves the database alone with it. */
const restPerWork = 20;

export interface SweepSettings {
  healIntervalMs: number;
  globalWork: readonly GlobalWork[];
}

/**
 * Reads from Postgres what is due and wakes its workers. This alone would keep everything running: wakes by others only
 * make it faster, so a queue that lost everything (FLUSHALL) costs one sweep.
 */
export function createSweeper(context: ObservingContext, settings: SweepSettings): () => Promise<void> {
  let healAgainAt = 0;
  return async () => {
    const now = context.clock.now();
    await reviveWaitingLines(context.db, now);
    for (const connection of await readConnectionsDue(context.db, now))
      await wakeConnection(context, connection, now);
    if (await unparsedWaits(context.db)) await context.queues.wake(parseQueue, {});
    if (await commissionWaits(context.db, now)) await context.queues.wake(commissionQueue, {});
    for (const work of settings.globalWork) {
      if (await work.due(context.db, now)) await context.queues.wake(work.queue, {});
    }
    await closeReadGaps(context.db, now);
    const startedAt = performance.now();
    if (startedAt < healAgainAt) return;
    await healWaiting(context, now);
    // It looks at every row that waits; with very many of them it must not become what the database does all day.
    const took = performance.now() - startedAt;
    healAgainAt = performance.now() + Math.max(settings.healIntervalMs, took * restPerWork);
  };
}

async function readConnectionsDue(sql: Sql, now: Date): Promise<ConnectionDue[]> {
  return sql.query<ConnectionDue>(
    `SELECT c.id, (c.login_refused_since IS NOT NULL OR (c.paused_until IS NOT NULL AND c.paused_until > $1)) AS paused,
            ${loginCheckDue('$1')} AS login_check_due,
            NOT s.stopped AND (
              EXISTS (SELECT 1 FROM mirrors m WHERE m.connection_id = c.id AND m.due_at <= $1
                         AND (m.leased_until IS NULL OR m.leased_until < clock_timestamp()))
              OR EXISTS (SELECT 1 FROM crm_references r WHERE r.connection_id = c.id AND r.due_at <= $1
                         AND (r.leased_until IS NULL OR r.leased_until < clock_timestamp()))
              OR EXISTS (SELECT 1 FROM partner_links l WHERE l.connection_id = c.id AND ${candidatesDue('$1')})
              OR ${followingDue('$1')}
            ) OR EXISTS (SELECT 1 FROM bulk_jobs b WHERE b.connection_id = c.id AND b.due_at <= $1
                            AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
                            AND (NOT s.stopped OR b.state IN ('created', 'uploading', 'uploaded', 'working'))) AS push_due,
            EXISTS (SELECT 1 FROM observed_records o WHERE o.connection_id = c.id AND o.due_at <= $1
                       AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())) AS observe_due,
            (SELECT count(*)::int FROM connection_slots f WHERE f.connection_id = c.id AND f.lane = 'push'
                AND (f.leased_until IS NULL OR f.leased_until < clock_timestamp())) AS free_push,
            (SELECT count(*)::int FROM connection_slots f WHERE f.connection_id = c.id AND f.lane = 'observe'
                AND (f.leased_until IS NULL OR f.leased_until < clock_timestamp())) AS free_observe,
            p.updated_at AS polled_before,
            EXISTS (SELECT 1 FROM listening l WHERE l.connection_id = c.id AND l.mode = 'poll') AS polls_instead,
            EXISTS (SELECT 1 FROM stream_gaps g WHERE g.connection_id = c.id AND g.closed_at IS NULL AND g.listed_at IS NULL
                       AND (p.updated_at IS NULL OR g.noticed_at > p.updated_at)) AS gap_unpolled
       FROM connections c CROSS JOIN system_switches s
       LEFT JOIN cursors p ON p.connection_id = c.id AND p.name = $2
      ORDER BY c.id`,
    [now, pollCursor],
  );
}

async function wakeConnection(
  context: ObservingContext,
  connection: ConnectionDue,
  now: Date,
): Promise<void> {
  const data = { connectionId: connection.id };
  if (connection.login_check_due) await context.queues.wake(loginCheckQueue, data);
  if (connection.paused) return;
  if (connection.push_due)
    for (let free = connection.free_push; free > 0; free--) await context.queues.wake(mirrorQueue, data);
  if (connection.observe_due)
    for (let free = connection.free_observe; free > 0; free--) await context.queues.wake(observeQueue, data);
  const polledAt = connection.polled_before?.getTime() ?? 0;
  const every = pollIntervalOf(context, connection.polls_instead);
  if (connection.gap_unpolled || now.getTime() - polledAt >= every)
    await context.queues.wake(pollQueue, data);
}

async function unparsedWaits(sql: Sql): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM inbox_messages WHERE parsed_at IS NULL LIMIT 1');
  return rows.length > 0;
}

async function commissionWaits(sql: Sql, now: Date): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM commission_due WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until < clock_timestamp()) LIMIT 1`,
    [now],
  );
  return rows.length > 0;
}

async function healWaiting(context: ObservingContext, now: Date): Promise<void> {
  const connections = await context.db.query<{ id: string }>('SELECT id FROM connections');
  for (const { id } of connections) await promoteForgotten(context.db, id, now);
}
