import type { ReferenceState } from '../src/crm/matching.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { matchingFields } from '../src/mapping/sections/matching.ts';
import { claimPartnersToCheck, recordCheckedPartner } from '../src/mirror/follow-partners.ts';
import {
  claimReferencesToCheck,
  dealsToHeal,
  healDeals,
  recordChecked,
  stopChecking,
} from '../src/mirror/follow-references.ts';
import { pauseConnection } from '../src/mirror/gate.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';

/**
 * Looks what became of the accounts and contacts that deals refer to, those whose turn it is and those of deals that were
 * refused because of one; follows merges, deletions and restorings, and tries refused deals once more. One call for
 * several hundred records.
 */
export async function followReferences(context: WorkerContext, connection: WiredConnection): Promise<void> {
  const { db, clock } = context;
  if (connection.connector.readReferences === undefined) return stopChecking(db, connection.id);
  try {
    const healing = await dealsToHeal(db, connection.id, connection.capabilities.matchBatch, clock.now());
    await followKind(context, connection, 'account');
    await followKind(context, connection, 'contact');
    await followPartners(context, connection);
    await healDeals(db, connection.id, healing, clock.now());
  } catch (thrown) {
    await leaveForLater(context, connection, thrown);
  }
}

async function followKind(
  context: WorkerContext,
  connection: WiredConnection,
  kind: 'account' | 'contact',
): Promise<void> {
  const { db, clock, logger } = context;
  const { matchBatch } = connection.capabilities;
  const due = await claimReferencesToCheck(db, connection.id, kind, matchBatch, clock.now());
  if (due.length === 0) return;
  const states = await read(
    connection,
    kind,
    due.map(({ crmId }) => crmId),
  );
  const checked = due.flatMap(({ key, crmId }) => {
    const state = states.get(crmId);
    return state === undefined ? [] : [{ key, state }];
  });
  const now = clock.now();
  const followed = await recordChecked(db, connection.id, kind, checked, nextCheck(connection, now), now);
  if (followed.moved + followed.gone + followed.restored > 0)
    logger.info({ connectionId: connection.id, kind, ...followed }, 'records we refer to changed in the CRM');
}

async function followPartners(context: WorkerContext, connection: WiredConnection): Promise<void> {
  const { db, clock } = context;
  const due = await claimPartnersToCheck(db, connection.id, connection.capabilities.matchBatch, clock.now());
  if (due.length === 0) return;
  const states = await read(
    connection,
    'account',
    due.map(({ crmId }) => crmId),
  );
  const now = clock.now();
  for (const { partnerId, crmId } of due) {
    const state = states.get(crmId);
    if (state)
      await recordCheckedPartner(db, connection.id, partnerId, state, nextCheck(connection, now), now);
  }
}

async function read(
  { connector, mapping }: WiredConnection,
  kind: 'account' | 'contact',
  crmIds: readonly string[],
): Promise<Map<string, ReferenceState>> {
  const { object, keyField } = mapping[kind];
  const fields = matchingFields(mapping.matching, kind);
  const request = { kind, object, keyField, crmIds: [...new Set(crmIds)], fields };
  const states = await connector.readReferences?.(request, { deadline: Date.now() + callTimeoutMs });
  return new Map((states ?? []).map((state) => [state.crmId, state]));
}

function nextCheck({ mapping }: WiredConnection, now: Date): Date {
  return new Date(now.getTime() + mapping.matching.recheckHours * 3_600_000);
}

/** What was claimed is looked at again in a few minutes; nothing was decided. */
async function leaveForLater(
  context: WorkerContext,
  connection: WiredConnection,
  thrown: unknown,
): Promise<void> {
  const now = context.clock.now();
  const error = asSyncError(thrown, 'resolve', connection.vendor);
  const { pauseUntil, pauseReason } = decideNext(error, 3, now, context.random);
  if (pauseUntil)
    await pauseConnection(context.db, connection.id, pauseUntil, pauseReason ?? error.details.plain);
  if (error.kind === 'auth-expired') await context.connections.forget(connection.id);
  context.logger.warn(
    { err: error, connectionId: connection.id },
    'what became of accounts and contacts could not be read',
  );
}
