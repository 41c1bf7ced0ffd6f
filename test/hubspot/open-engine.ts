/**
 * The engine on one local HubSpot as far as sending goes, step by step: real workers, real client, real PostgreSQL, no
 * queue. A test says when what happens.
 */
import { saveConnection } from '../../src/app/connection-store.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { observingContext } from '../../src/app/start-workers.ts';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import { confirmPartnerLink } from '../../src/mirror/partner-links.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { temporaryDataDir } from '../e2e/tributary-process.ts';
import { addPartner, registration } from '../fixtures/deals.ts';
import { createTestDatabase } from '../services/database.ts';
import { openPortal, type TestPortal } from './authorizing-portal.ts';

export interface HubspotEngine {
  portal: TestPortal;
  app: Application;
  context: ObservingContext;
  /** Gives the connection these credentials, as a start with another .env does. */
  configure(credentials: unknown): Promise<void>;
  /** Registers and approves a deal. @returns its id */
  approved(): Promise<string>;
  /** Sends whatever is due. */
  push(): Promise<void>;
  stateOf(dealId: string): Promise<string>;
  /** Deals in the portal that carry this id. */
  recordsOf(dealId: string): Promise<number>;
  close(): Promise<void>;
}

const connectionId = 'hubspot';
let counted = 0;

export async function openHubspotEngine(
  credentialsOf: (portal: TestPortal) => unknown,
): Promise<HubspotEngine> {
  const [portal, test, data] = await Promise.all([openPortal(), createTestDatabase(), temporaryDataDir()]);
  const { clock } = portal;
  const key = newEncryptionKey('first');
  const app = await openApplication({
    config: loadConfig({
      DATABASE_URL: test.url,
      TRIBUTARY_DATA_DIR: data.dir,
      TRIBUTARY_API_KEYS: 'prm:0123456789abcdef0123456789abcdef',
      TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
      TRIBUTARY_LOG_LEVEL: 'silent',
    }),
    name: 'tributary-hubspot-engine-test',
    clock,
  });
  const { portalId, appId } = portal.credentials;
  const configure = (credentials: unknown): Promise<void> =>
    saveConnection(
      app.db,
      app.keyring,
      {
        id: connectionId,
        vendor: 'hubspot',
        label: 'HubSpot',
        settings: { baseUrl: portal.url, sandbox: true, portalId: String(portalId), appId: String(appId) },
        credentials,
        isSandbox: true,
        accountId: String(portalId),
        recordOrder: 1,
        pushSlots: 1,
      },
      clock.now(),
    );
  await configure(credentialsOf(portal));
  const partnerId = await addPartner(app.db, 'north', { tier: 'gold' });
  const seeded = { object: 'companies', records: [{ name: 'North Partners' }] };
  const { ids } = await portal.admin<{ ids: string[] }>('POST', '/seed', seeded);
  const link = { partnerId, connectionId, crmId: ids[0] ?? '', by: 'test' };
  await confirmPartnerLink(app.db, link, clock.now());
  const context: ObservingContext = {
    ...observingContext(app, {
      queues: { wake: async () => undefined },
      publicUrl: 'https://tributary.example.com',
    }),
    random: () => 0.5,
    settleMs: 0,
    loginCheckMs: 30_000,
  };
  return {
    portal,
    app,
    context,
    configure,
    approved: async () => {
      const given = registration(`deal-${counted++}`, { currency: 'USD', amount: '1000.00' });
      const source = { name: 'prm', actor: 'prm' };
      const [result] = await app.db.transaction((tx) =>
        acceptIntake(tx, source, [{ registration: given }], app.deals),
      );
      if (!result || !('dealId' in result)) throw new Error(`not registered: ${JSON.stringify(result)}`);
      await decideDeals(app.db, [result.dealId], { decision: 'approve', by: 'test' }, app.deals);
      return result.dealId;
    },
    push: async () => {
      // Deals wait a second for their batch to fill.
      for (let round = 0; round < 3; round++) {
        clock.advance(2_000);
        await drainConnection(context, { connectionId });
      }
    },
    stateOf: async (dealId) => {
      const [row] = await app.db.query<{ state: string }>(
        'SELECT state FROM mirrors WHERE deal_id = $1 AND connection_id = $2',
        [dealId, connectionId],
      );
      return row?.state ?? 'none';
    },
    recordsOf: async (dealId) => {
      const records = await portal.admin<{ properties: Record<string, string> }[]>(
        'GET',
        '/records/deals?limit=1000',
      );
      return records.filter(({ properties }) => properties['tributary_deal_id'] === dealId).length;
    },
    close: async () => {
      await app.close();
      await Promise.all([portal.close(), test.drop(), data.remove()]);
    },
  };
}
