/** A local HubSpot, a database and the real wiring between them: what the workers see, without their queues. */
import { randomUUID } from 'node:crypto';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { startForTest, stopSandboxes, type TestSandbox } from '../../sandbox/hubspot/testing.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import { wireConnections } from '../../src/app/wire-connections.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../../src/mirror/heed-observations.ts';
import { observeLearned } from '../../src/observations/raise-hints.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { newEncryptionKey, openKeyring } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { addDealRows, addMirrorRows, addPartnerRow } from '../fixtures/rows.ts';
import { createTestDatabase } from '../services/database.ts';

export interface ConnectedPortal {
  portal: TestSandbox;
  db: Database;
  clock: ReturnType<typeof manualClock>;
  connectionId: string;
  /** As the workers of one process have it. */
  context(change?: Partial<ObservingContext>): ObservingContext;
  /** Deals that are in the portal already, and known to be; by their record ids. */
  mirrored(count: number): Promise<{ crmId: string; dealId: string }[]>;
  close(): Promise<void>;
}

/** `settings`: of the connection, beside where the portal is. */
export async function connectPortal(
  settings: Record<string, unknown> = {},
  options: Parameters<typeof startForTest>[0] = {},
): Promise<ConnectedPortal> {
  const clock = manualClock(new Date());
  const portal = await startForTest({ rateLimit: 'off', ...options });
  const { db, drop } = await createTestDatabase();
  const keyring = openKeyring([newEncryptionKey('test')]);
  const connectionId = `hubspot-${randomUUID().slice(0, 8)}`;
  const { clientId, clientSecret, refreshToken } = portal.credentials;
  const portalId = String(portal.credentials.portalId);
  await saveConnection(
    db,
    keyring,
    {
      id: connectionId,
      vendor: 'hubspot',
      label: 'HubSpot',
      settings: { baseUrl: portal.url, sandbox: true, portalId, ...settings },
      credentials: { clientId, clientSecret, refreshToken },
      isSandbox: true,
      accountId: portalId,
      recordOrder: 1,
      pushSlots: 1,
    },
    clock.now(),
  );
  const definitions = [hubspot as ConnectorDefinition];
  const wiring = wireConnections({ db, clock, logger: silentLogger, keyring, definitions });
  return {
    portal,
    db,
    clock,
    connectionId,
    context: (change = {}) => ({
      db,
      clock,
      logger: silentLogger,
      queues: { wake: () => Promise.resolve() },
      connections: wiring,
      mirrorOutputs: {
        recordsLearned: (tx, connection, records) => observeLearned(tx, connection, records, clock.now()),
      },
      observationOutputs: {
        recordsDeleted: buryDeleted,
        recordsRestored: reviveRestored,
        recordsDrifted: repushDrifted,
      },
      random: () => 0.5,
      publicUrl: 'http://localhost',
      settleMs: 0,
      pollIntervalMs: 300_000,
      pollFallbackMs: 30_000,
      pollOverlapMs: 120_000,
      pollLagMs: 0,
      webhookReceiverOf: () => undefined,
      ...change,
    }),
    async mirrored(count) {
      const deals = await addDealRows(db, await addPartnerRow(db), count, () => ({
        crm_of_record: connectionId,
      }));
      const records = deals.map((id) => ({
        ...{ dealname: 'Deal', pipeline: 'default', dealstage: 'appointmentscheduled' },
        tributary_deal_id: id,
      }));
      const { ids } = await portal.admin<{ ids: string[] }>('POST', '/seed', { object: 'deals', records });
      await addMirrorRows(db, connectionId, deals, (index) => ({
        crm_id: ids[index],
        state: 'mirrored',
        due_at: null,
        mirrored_version: 1,
      }));
      return deals.map((dealId, index) => ({ dealId, crmId: ids[index] ?? '' }));
    },
    async close() {
      await wiring.close();
      await stopSandboxes();
      await drop();
    },
  };
}
