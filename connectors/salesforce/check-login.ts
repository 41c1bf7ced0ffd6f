import type { CallOptions } from '../../src/crm/connector.ts';
import type { SalesforceClient } from './client.ts';
import { DATA_PATH } from './versions.ts';

/** A request that went through as recently as this shows as much as one more would, and costs nothing. */
const FRESH_MS = 20_000;

/** Asks for the list of resources: the smallest answer that needs a session (a revoked login has none: facts 1.2). */
export async function checkLogin(
  client: SalesforceClient,
  options: CallOptions,
  freshMs = FRESH_MS,
): Promise<void> {
  if (Date.now() - client.lastAnswered() < freshMs) return;
  await client.send({ stage: 'connect', write: false, method: 'GET', path: DATA_PATH }, options);
}
