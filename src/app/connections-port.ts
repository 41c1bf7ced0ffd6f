import type { ConnectionsPort } from '../api/connection-routes.ts';
import { beginAuthorization, finishAuthorization } from './authorization/by-console.ts';
import { AuthorizationRefused } from './authorization/refused.ts';
import { listConnectionStates } from './list-connection-states.ts';
import type { Application } from './open-application.ts';

/** What the API may do with connections. A refusal becomes a sentence; every other failure stays one. */
export function connectionsPort(
  app: Application,
  settings: { publicUrl: () => string; open: boolean },
): ConnectionsPort {
  return {
    open: settings.open,
    list: () => listConnectionStates(app.db, app.definitions, app.clock.now()),
    begin: (connectionId) => orRefused(beginAuthorization(app, connectionId, settings.publicUrl())),
    finish: (vendor, callback) => orRefused(finishAuthorization(app, vendor, callback)),
  };
}

async function orRefused<T>(work: Promise<T>): Promise<T | { refused: string }> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AuthorizationRefused) return { refused: error.message };
    throw error;
  }
}
