import type { CallWindow } from '../../crm/call-turns.ts';
import type { Sql } from '../../platform/database/database.ts';

/** A turn that was taken; `takenAt` is its token. */
export interface TakenTurn {
  turn: number;
  takenAt: string;
}

/** Clocks of two machines may run a little apart within one window. */
const marginMs = 20;

/** There are as many turns as calls allowed: more are added when the CRM turns out to allow more. */
export async function addTurns(sql: Sql, connectionId: string, { name, max }: CallWindow): Promise<void> {
  await sql.query(
    `INSERT INTO call_turns (connection_id, window_name, turn)
     SELECT $1, $2, n FROM generate_series(1, $3::int) n ON CONFLICT DO NOTHING`,
    [connectionId, name, max],
  );
}

/**
 * Takes up to `wanted` free turns, the longest free first. Database clock: one for all processes. A turn whose holder is
 * never heard of again becomes free when its call must be over and a window has passed since.
 */
export function takeTurns(
  sql: Sql,
  connectionId: string,
  { name, max, lengthMs, perSecond }: CallWindow,
  wanted: number,
  callMs: number,
): Promise<TakenTurn[]> {
  return sql.query<{ turn: number; takenAt: string }>(
    `WITH recent AS (
       SELECT count(*)::int AS calls FROM call_turns
        WHERE connection_id = $1 AND window_name = $2 AND taken_at > clock_timestamp() - interval '1 second'),
     free AS (
       SELECT turn FROM call_turns
        WHERE connection_id = $1 AND window_name = $2 AND turn <= $3 AND free_at <= clock_timestamp()
        ORDER BY free_at, turn LIMIT least($4::int, greatest(0, $5::int - (SELECT calls FROM recent)))
          FOR UPDATE SKIP LOCKED)
     UPDATE call_turns t SET taken_at = clock_timestamp(), free_at = clock_timestamp() + $6::float8 * interval '1 millisecond'
       FROM free WHERE t.connection_id = $1 AND t.window_name = $2 AND t.turn = free.turn
     RETURNING t.turn, t.taken_at::text AS "takenAt"`,
    [connectionId, name, max, wanted, perSecond, callMs + lengthMs + marginMs],
  );
}

/** Milliseconds until the next turn is free; 0: one is. */
export async function nextFreeIn(sql: Sql, connectionId: string, { name, max }: CallWindow): Promise<number> {
  const [row] = await sql.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(free_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM call_turns WHERE connection_id = $1 AND window_name = $2 AND turn <= $3 AND free_at > '-infinity'
        AND NOT EXISTS (SELECT 1 FROM call_turns WHERE connection_id = $1 AND window_name = $2 AND turn <= $3
                           AND free_at = '-infinity')`,
    [connectionId, name, max],
  );
  return Math.max(0, row?.ms ?? 0);
}

/**
 * The CRM counted the call when it arrived, which is before its answer: a whole window after the answer it counts no more,
 * in rolling windows and so in fixed ones, too. A call that never left counts for nothing.
 * @param answeredMs from asking for the turn, which is before it was taken, to the answer: until this is written here, time
 * passes that the turn need not wait for. Null: never sent
 */
export async function endTurn(
  sql: Sql,
  connectionId: string,
  { name, lengthMs }: CallWindow,
  { turn, takenAt }: TakenTurn,
  answeredMs: number | null,
): Promise<void> {
  await sql.query(
    `UPDATE call_turns
        SET free_at = least(clock_timestamp(), taken_at + $6::float8 * interval '1 millisecond') + $5::float8 * interval '1 millisecond'
      WHERE connection_id = $1 AND window_name = $2 AND turn = $3 AND taken_at = $4::timestamptz`,
    [connectionId, name, turn, takenAt, answeredMs === null ? 0 : lengthMs + marginMs, answeredMs ?? 0],
  );
}
