import type { SyncError } from '../src/crm/sync-error.ts';
import { pauseConnection } from '../src/mirror/gate.ts';
import { noteRefusedLogin } from '../src/mirror/refused-login.ts';
import type { WorkerContext } from './context.ts';
import type { Decision } from './decide-next.ts';

/**
 * Stops a connection as far as a decision says so: until an instant, or, when the login was refused, until one works. A
 * refusal of a login that was replaced meanwhile changes nothing; the connection is opened anew.
 */
export async function heedPause(
  context: WorkerContext,
  connection: { id: string; loginEpoch?: number },
  error: SyncError,
  { pauseUntil, pauseReason }: Decision,
  how: { byCheck?: boolean } = {},
): Promise<void> {
  if (!pauseUntil) return;
  const { plain, vendorMessage, nextStep } = error.details;
  if (error.kind !== 'auth-expired')
    return pauseConnection(context.db, connection.id, pauseUntil, pauseReason ?? plain);
  const now = context.clock.now();
  const refusal = {
    connectionId: connection.id,
    loginEpoch: connection.loginEpoch,
    plain: vendorMessage === undefined ? plain : `${plain}: ${vendorMessage}`,
    nextStep: nextStep ?? 'Connect it again, then look at tributary doctor.',
    waitMs: pauseUntil.getTime() - now.getTime(),
    ...how,
  };
  await noteRefusedLogin(context.db, refusal, now);
  await context.connections.forget(connection.id);
}
