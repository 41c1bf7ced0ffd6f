import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoginTurnTaken, type LoginTurn, type SharedLogin } from '../crm/shared-login.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Keyring } from '../platform/crypto/keyring.ts';
import type { Database } from '../platform/database/database.ts';

import { loadCredentials, replaceInTurn } from './connection-store.ts';

export interface SharedLoginSettings {
  db: Database;
  keyring: Keyring;
  clock: Clock;
  connectionId: string;
  read(credentials: unknown): unknown;
}

/** Longer than a login may take; a process that was killed in its turn holds the others up for no more than this. */
const turnMs = 45_000;
const askAgainMs = 50;

/** Turns are leases in the row of the secret: no transaction, and no database connection, is held during the login. */
export function shareLogin(settings: SharedLoginSettings): SharedLogin<unknown> {
  const { db, connectionId } = settings;
  return {
    async takeTurn(deadline, work) {
      const { token, interrupted } = await awaitTurn(db, connectionId, deadline);
      let isOpen = true;
      try {
        const result = await work(await openTurn(settings, token, interrupted));
        isOpen = false;
        return result;
      } catch (error) {
        // A refusal is an answer; what got none, or could not be stored, stays open.
        isOpen = !(error instanceof SyncError && error.kind === 'auth-expired');
        throw error;
      } finally {
        await endTurn(db, connectionId, token, isOpen);
      }
    },
  };
}

async function awaitTurn(
  db: Database,
  connectionId: string,
  deadline: number,
): Promise<{ token: string; interrupted: boolean }> {
  for (;;) {
    const token = randomUUID();
    const [row] = await db.query<{ interrupted: boolean }>(
      `UPDATE connection_secrets s
          SET turn_token = $2, turn_until = clock_timestamp() + $3 * interval '1 millisecond', renewal_open = true
         FROM (SELECT connection_id, renewal_open FROM connection_secrets
                WHERE connection_id = $1 AND (turn_until IS NULL OR turn_until < clock_timestamp()) FOR UPDATE) before
        WHERE s.connection_id = before.connection_id RETURNING before.renewal_open AS interrupted`,
      [connectionId, token, turnMs],
    );
    if (row) return { token, interrupted: row.interrupted };
    if (Date.now() + askAgainMs > deadline) throw new LoginTurnTaken();
    await sleep(askAgainMs);
  }
}

async function openTurn(
  { db, keyring, clock, connectionId, read }: SharedLoginSettings,
  token: string,
  interrupted: boolean,
): Promise<LoginTurn<unknown>> {
  return {
    credentials: read(await loadCredentials(db, keyring, connectionId)),
    interrupted,
    save: (changed) => replaceInTurn(db, keyring, { connectionId, token }, changed, clock.now()),
  };
}

async function endTurn(db: Database, connectionId: string, token: string, isOpen: boolean): Promise<void> {
  await db.query(
    `UPDATE connection_secrets SET turn_token = NULL, turn_until = NULL, renewal_open = $3
      WHERE connection_id = $1 AND turn_token = $2`,
    [connectionId, token, isOpen],
  );
}
