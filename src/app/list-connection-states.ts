import type { ConnectorDefinition } from '../crm/connector.ts';
import { describeLimits } from '../mirror/usage/limits-in-words.ts';
import type { Sql } from '../platform/database/database.ts';

export interface ConnectionState {
  id: string;
  vendor: string;
  label: string;
  mode: 'shadow' | 'live';
  sandbox: boolean;
  accountId: string | null;
  state: 'ready' | 'paused' | 'login-refused';
  pausedUntil: string | null;
  /** Why it is not ready, in plain words. */
  reason: string | null;
  /** A person can connect it by logging in with a browser. */
  connectable: boolean;
  /** The calls of the day and what else the CRM allows, in one line; null: it does not say. */
  limits: string | null;
}

/** The connections in their order, with what stands in the way of each. */
export async function listConnectionStates(
  sql: Sql,
  definitions: readonly ConnectorDefinition[],
  now: Date,
): Promise<ConnectionState[]> {
  const rows = await sql.query<Row>(
    `SELECT id, vendor, label, mode, is_sandbox AS sandbox, pinned_account_id AS "accountId",
            paused_until AS "pausedUntil", pause_reason AS reason, login_refused_since IS NOT NULL AS refused
       FROM connections ORDER BY record_order, id`,
  );
  const states = rows.map(async ({ pausedUntil, reason, refused, ...row }): Promise<ConnectionState> => {
    const paused = pausedUntil !== null && pausedUntil > now;
    return {
      ...row,
      state: refused ? 'login-refused' : paused ? 'paused' : 'ready',
      pausedUntil: paused ? pausedUntil.toISOString() : null,
      reason: paused || refused ? reason : null,
      connectable: definitions.some(
        ({ vendor, authorization }) => vendor === row.vendor && authorization !== undefined,
      ),
      limits: await describeLimits(sql, row.id),
    };
  });
  return Promise.all(states);
}

interface Row {
  id: string;
  vendor: string;
  label: string;
  mode: 'shadow' | 'live';
  sandbox: boolean;
  accountId: string | null;
  pausedUntil: Date | null;
  reason: string | null;
  refused: boolean;
}
