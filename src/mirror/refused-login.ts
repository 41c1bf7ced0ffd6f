/**
 * A connection whose login the CRM refuses. It stands still until a login works; only the check of the login goes on, in
 * one process at a time and ever more slowly, because asking on and on gets a user locked out. An episode is one card:
 * it closes at once when somebody connects anew, and after a quiet while when the login works again by itself, so that a
 * right that is missing for one kind of call does not alert again with every try.
 */
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';

export const refusedLoginCard = 'login-refused';

export interface Refusal {
  connectionId: string;
  /** The login that was refused, as counted when it was opened; of an older one than now nothing follows. */
  loginEpoch?: number | undefined;
  /** In plain words, without secrets. */
  plain: string;
  nextStep: string;
  /** How long the first check waits. Each of the episode waits twice as long as the one before, at most 16 times. */
  waitMs: number;
  /** Found by the check of the login, not by a call that was under way. */
  byCheck?: boolean;
}

const longestWait = 16;

/** @returns false when the refused login had been replaced meanwhile */
export async function noteRefusedLogin(db: Database, refusal: Refusal, now: Date): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ refused: boolean; refusals: number; pinned: string | null }>(
      `SELECT login_refused_since IS NOT NULL AS refused, login_refusals AS refusals, pinned_account_id AS pinned
         FROM connections WHERE id = $1 AND ($2::int IS NULL OR login_epoch = $2) FOR UPDATE`,
      [refusal.connectionId, refusal.loginEpoch ?? null],
    );
    if (!row) return false;
    // Calls that were under way are refused together: one refusal, not one each.
    if (!row.refused || refusal.byCheck) await pauseForLogin(tx, refusal, row.refusals, now);
    await openCard(
      tx,
      {
        connectionId: refusal.connectionId,
        kind: refusedLoginCard,
        subject: 'login',
        plain: refusal.plain,
        nextStep: refusal.nextStep,
        // Nobody needs an alarm for a connection that is being set up.
        alerts: row.pinned !== null,
      },
      now,
    );
    return true;
  });
}

async function pauseForLogin(tx: Sql, refusal: Refusal, refusals: number, now: Date): Promise<void> {
  const waitMs = refusal.waitMs * Math.min(longestWait, 2 ** refusals);
  await tx.query(
    `UPDATE connections SET login_refused_since = coalesce(login_refused_since, $2), login_refusals = $3,
            login_check_at = $4, login_trial_until = NULL, paused_until = greatest(paused_until, $4), pause_reason = $5
      WHERE id = $1`,
    [refusal.connectionId, now, refusals + 1, new Date(now.getTime() + waitMs), refusal.plain],
  );
}

/** A person connected it anew: everything goes on at once. To be called in the transaction that stores the login. */
export async function endRefusedLogin(tx: Sql, connectionId: string, now: Date): Promise<void> {
  await tx.query(
    `UPDATE connections SET login_refused_since = NULL, login_refusals = 0, login_check_at = NULL, login_trial_until = NULL,
            paused_until = CASE WHEN login_refused_since IS NULL THEN paused_until END,
            pause_reason = CASE WHEN login_refused_since IS NULL THEN pause_reason END
      WHERE id = $1`,
    [connectionId],
  );
  await closeCards(tx, { connectionId, kind: refusedLoginCard }, now);
}

/** The login works: what stood still goes on, and when nothing was refused for `waitMs` the episode is over. */
export async function noteAcceptedLogin(
  db: Database,
  connectionId: string,
  waitMs: number,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.query<{ refused: boolean; trial: Date | null }>(
      `SELECT login_refused_since IS NOT NULL AS refused, login_trial_until AS trial FROM connections WHERE id = $1
          FOR UPDATE`,
      [connectionId],
    );
    if (row?.trial && row.trial <= now) return endRefusedLogin(tx, connectionId, now);
    if (!row?.refused) return;
    await tx.query(
      `UPDATE connections SET login_refused_since = NULL, paused_until = NULL, pause_reason = NULL,
              login_check_at = $2, login_trial_until = $2 WHERE id = $1`,
      [connectionId, new Date(now.getTime() + waitMs)],
    );
  });
}

export interface LoginCheck {
  refused: boolean;
  loginEpoch: number;
}

/** Takes the next look at the login upon this process; null when it is not due or another process took it. */
export async function claimLoginCheck(
  sql: Sql,
  connectionId: string,
  everyMs: number,
  now: Date,
): Promise<LoginCheck | null> {
  const [row] = await sql.query<LoginCheck>(
    `UPDATE connections c SET login_check_at = $3 WHERE id = $1 AND ${loginCheckDue('$2')}
      RETURNING login_refused_since IS NOT NULL AS refused, login_epoch AS "loginEpoch"`,
    [connectionId, now, new Date(now.getTime() + everyMs)],
  );
  return row ?? null;
}

/** SQL over `connections c`. While the CRM asked for a pause nothing is asked; a refused login is asked in its own time. */
export function loginCheckDue(now: string): string {
  return `(c.login_check_at IS NULL OR c.login_check_at <= ${now})
    AND (c.login_refused_since IS NOT NULL OR c.paused_until IS NULL OR c.paused_until <= ${now})`;
}

/** How often the connection was given another login; -1 when there is no such connection. */
export async function readLoginEpoch(sql: Sql, id: string): Promise<number> {
  const rows = await sql.query<{ epoch: number }>(
    'SELECT login_epoch AS epoch FROM connections WHERE id = $1',
    [id],
  );
  return rows[0]?.epoch ?? -1;
}
