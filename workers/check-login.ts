import type { SyncError } from '../src/crm/sync-error.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';
import { claimLoginCheck, noteAcceptedLogin, type LoginCheck } from '../src/mirror/refused-login.ts';
import type { ObservingContext } from './context.ts';
import { asSyncError, decideNext, loginWaitMs } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';

export const loginCheckQueue = 'check-login';

/** A revoked login is to be noticed within a minute. */
const usualIntervalMs = 30_000;

/**
 * Looks whether a connection's login still works, in one process of all. It is the only one that asks a refused login
 * again, and it finds a revoked one although nothing else is sent.
 */
export async function checkLogin(context: ObservingContext, data: Record<string, string>): Promise<void> {
  const id = data['connectionId'] ?? '';
  const check = await claimLoginCheck(
    context.db,
    id,
    context.loginCheckMs ?? usualIntervalMs,
    context.clock.now(),
  );
  if (!check) return;
  const error = await tryLogin(context, id, check);
  const now = context.clock.now();
  if (error?.kind === 'auth-expired') {
    const decision = decideNext(error, 1, now, context.random);
    const connection = { id, loginEpoch: check.loginEpoch };
    await heedPause(context, connection, error, decision, { byCheck: true });
    context.logger.warn({ err: error, connectionId: id }, 'the login is refused; the connection waits');
  } else if (error === null) {
    await noteAcceptedLogin(context.db, id, loginWaitMs, now);
  }
}

/** Null: the login works. An error that says nothing about the login leaves the question open. */
async function tryLogin(
  context: ObservingContext,
  id: string,
  { refused }: LoginCheck,
): Promise<SyncError | null> {
  try {
    // What is open holds the login that was refused.
    if (refused) await context.connections.forget(id);
    const { connector } = await context.connections.open(id);
    await connector.checkLogin?.({ deadline: Date.now() + callTimeoutMs });
    return null;
  } catch (thrown) {
    const error = asSyncError(thrown, 'connect', id);
    // The login was accepted, and something after it was not: the mapping does not fit, for one.
    return error.kind === 'conflict' ? null : error;
  }
}
