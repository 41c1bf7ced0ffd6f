import type { CallOptions } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { AccountAnswer } from './schema.ts';
import { accountPath } from './versions.ts';

/** A call that went through as recently as this shows as much as one more would, and costs nothing. */
const FRESH_MS = 20_000;

/**
 * Asks for the account: the smallest answer that needs a token and no scope. An uninstalled app, a revoked login and a
 * deactivated private app are refused there.
 */
export async function checkLogin(call: Caller, options: CallOptions, freshMs = FRESH_MS): Promise<void> {
  if (Date.now() - call.lastAnswered() < freshMs) return;
  await call(
    { stage: 'connect', write: false },
    { method: 'GET', path: accountPath },
    AccountAnswer,
    options,
  );
}
