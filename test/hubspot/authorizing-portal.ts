/** The application as far as connecting goes: a real database, a local portal, the real wiring, no servers and no workers. */
import { Writable } from 'node:stream';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { startForTest, type TestSandbox } from '../../sandbox/hubspot/testing.ts';
import { localConnections } from '../../src/app/connect-crms.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import { LocalCrms } from '../../src/app/local-crms.ts';
import type { Application } from '../../src/app/open-application.ts';
import { wireConnections } from '../../src/app/wire-connections.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { manualClock, type Clock } from '../../src/platform/clock.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey, openKeyring, type Keyring } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { createLogger } from '../../src/platform/logging.ts';

export interface TestPortal extends TestSandbox {
  /** Shared with the connector: tokens expire in both at once. */
  clock: ReturnType<typeof manualClock>;
  /** As stored after a login. */
  login: { clientId: string; clientSecret: string; refreshToken: string };
  /** Requests since the last `forget`, as `POST /oauth/v3/token` → count. */
  calls(): Promise<Record<string, number>>;
  forget(): Promise<void>;
}

export async function openPortal(options: Parameters<typeof startForTest>[0] = {}): Promise<TestPortal> {
  const clock = manualClock(new Date());
  const sandbox = await startForTest({ clock, rateLimit: 'off', ...options });
  const { clientId, clientSecret, refreshToken } = sandbox.credentials;
  return {
    ...sandbox,
    clock,
    login: { clientId, clientSecret, refreshToken },
    calls: async () => {
      const summary = await sandbox.admin<Record<string, { calls: number }>>('GET', '/requests/summary');
      return Object.fromEntries(Object.entries(summary).map(([name, { calls }]) => [name, calls]));
    },
    forget: async () => void (await sandbox.admin('DELETE', '/requests')),
  };
}

export async function authorizingPortal(
  db: Database,
  portal: TestPortal,
  how: { logged?: string[]; keyring?: Keyring; credentials?: unknown; settings?: object; clock?: Clock } = {},
): Promise<Application> {
  const clock = how.clock ?? portal.clock;
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      how.logged?.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ name: 'test', level: 'trace', destination });
  const keyring = how.keyring ?? openKeyring([newEncryptionKey('first')]);
  const definitions = [hubspot as ConnectorDefinition];
  for (const connection of localConnections(LocalCrms.parse({ hubspot: portal }), 2)) {
    const credentials = how.credentials ?? connection.credentials;
    const settings = { ...connection.settings, ...how.settings };
    await saveConnection(db, keyring, { ...connection, credentials, settings }, clock.now());
  }
  const parts: Partial<Application> = {
    db,
    clock,
    logger,
    keyring,
    definitions,
    config: loadConfig({}),
    wiring: wireConnections({ db, clock, logger, keyring, definitions }),
  };
  return parts as Application;
}
