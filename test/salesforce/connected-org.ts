/** A local org, a database and the real wiring between them: what the workers see, without their queues. */
import { randomUUID } from 'node:crypto';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import { wireConnections, type Wiring } from '../../src/app/wire-connections.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../../src/mirror/heed-observations.ts';
import { observeLearned } from '../../src/observations/raise-hints.ts';
import { openKeyring, newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { addDealRows, addMirrorRows, addPartnerRow } from '../fixtures/rows.ts';
import { createTestDatabase } from '../services/database.ts';
import { dealKey, openOrg, opportunity, type TestOrg } from './open-org.ts';

export interface ConnectedOrg {
  org: TestOrg;
  db: Database;
  clock: ReturnType<typeof manualClock>;
  connectionId: string;
  wiring: Wiring;
  /** Of another process on the same database. */
  openWiring(watch: { schemaWatchMs?: number }): Wiring;
  /** As the workers of one process have it. */
  context(change?: Partial<ObservingContext>): ObservingContext;
  /** Deals that are in the org already, and known to be; by their record ids. */
  mirrored(count: number, fields?: Record<string, unknown>): Promise<{ crmId: string; dealId: string }[]>;
  close(): Promise<void>;
}

interface Options {
  org?: Parameters<typeof openOrg>[0];
  settings?: Record<string, unknown>;
  /** A folder with a `salesforce.yaml` of the test's own. */
  mappingDir?: string;
  schemaWatchMs?: number;
}

export async function connectOrg(options: Options = {}): Promise<ConnectedOrg> {
  const clock = manualClock(new Date());
  const org = await openOrg({ streamTiming: { keepaliveMs: 200, idleMs: 20_000 }, ...options.org });
  const { db, drop } = await createTestDatabase();
  const keyring = openKeyring([newEncryptionKey('test')]);
  const connectionId = `salesforce-${randomUUID().slice(0, 8)}`;
  const { url, pubsubEndpoint, credentials } = org.sandbox;
  await saveConnection(
    db,
    keyring,
    {
      id: connectionId,
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: { loginUrl: url, pubsubEndpoint, sandbox: true, ...options.settings },
      credentials: org.jwt,
      isSandbox: true,
      accountId: credentials.organizationId,
      recordOrder: 1,
      pushSlots: 1,
    },
    clock.now(),
  );
  const definitions = [salesforce as ConnectorDefinition];
  const { mappingDir, schemaWatchMs } = options;
  const openWiring: ConnectedOrg['openWiring'] = (watch) =>
    wireConnections({
      ...{ db, clock, logger: silentLogger, keyring, definitions },
      ...(mappingDir === undefined ? {} : { mappingDir }),
      ...watch,
    });
  const wiring = openWiring(schemaWatchMs === undefined ? {} : { schemaWatchMs });
  return {
    org,
    db,
    clock,
    connectionId,
    wiring,
    openWiring,
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
    async mirrored(count, fields = {}) {
      const deals = await addDealRows(db, await addPartnerRow(db), count, () => ({
        crm_of_record: connectionId,
      }));
      const records = deals.map((id) => ({ ...opportunity(), Amount: 1000, ...fields, [dealKey]: id }));
      const crmIds = await org.seed('Opportunity', ...records);
      await addMirrorRows(db, connectionId, deals, (index) => ({
        crm_id: crmIds[index],
        state: 'mirrored',
        due_at: null,
        mirrored_version: 1,
      }));
      return deals.map((dealId, index) => ({ dealId, crmId: crmIds[index] ?? '' }));
    },
    async close() {
      await wiring.close();
      await org.close();
      await drop();
    },
  };
}
