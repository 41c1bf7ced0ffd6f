import type { SyncError } from '../src/crm/sync-error.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import {
  askAgainAfterMs,
  storeCandidates,
  unlinkedPartners,
  type UnlinkedPartner,
} from '../src/mirror/partner-links.ts';
import { searchPartnerAccounts } from '../src/mirror/partner-candidates.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';

/** Looks for the CRM account of partners nobody linked yet and stores the candidates; linking stays a person's decision. */
export async function findPartnerCandidates(
  context: WorkerContext,
  connection: WiredConnection,
): Promise<void> {
  const { db, clock } = context;
  const partners = await unlinkedPartners(db, connection.id, connection.capabilities.matchBatch, clock.now());
  if (partners.length === 0) return;
  try {
    const sought = partners.map(({ partnerId: id, name, email }) => ({ id, name, email }));
    const found = await searchPartnerAccounts(connection, sought, Date.now() + callTimeoutMs);
    await storeCandidates(db, connection.id, found, clock.now());
  } catch (thrown) {
    await askAgainLater(context, connection, partners, asSyncError(thrown, 'resolve', connection.vendor));
  }
}

/** Without a time to ask again every sweep would ask at once, twice a second, until the day's calls are used up. */
async function askAgainLater(
  context: WorkerContext,
  connection: WiredConnection,
  partners: readonly UnlinkedPartner[],
  error: SyncError,
): Promise<void> {
  const now = context.clock.now();
  const decision = decideNext(error, 3, now, context.random);
  const { next } = decision;
  const askedAt = 'at' in next ? new Date(next.at.getTime() - askAgainAfterMs) : now;
  const none = new Map(partners.map((partner) => [partner.partnerId, []]));
  await storeCandidates(context.db, connection.id, none, askedAt);
  await heedPause(context, connection, error, decision);
  context.logger.warn(
    { err: error, connectionId: connection.id },
    'the accounts of partners could not be looked for',
  );
}
