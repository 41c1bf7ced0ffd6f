/** The application as far as connecting goes: a real database, a real org, the real wiring, no servers and no workers. */
import { Writable } from 'node:stream';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { localConnections } from '../../src/app/connect-crms.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import type { LocalCrms } from '../../src/app/local-crms.ts';
import type { Application } from '../../src/app/open-application.ts';
import { wireConnections } from '../../src/app/wire-connections.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey, openKeyring, type Keyring } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { createLogger } from '../../src/platform/logging.ts';
import type { TestOrg } from './open-org.ts';

export function crmsOf({ sandbox }: TestOrg): LocalCrms {
  const { url, adminUrl, pubsubEndpoint, credentials } = sandbox;
  return { salesforce: { url, adminUrl, pubsubEndpoint, credentials } };
}

export async function authorizingApp(
  db: Database,
  org: TestOrg,
  how: { clock: Clock; logged: string[]; keyring?: Keyring; credentials?: unknown },
): Promise<Application> {
  const { clock } = how;
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      how.logged.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ name: 'test', level: 'trace', destination });
  const keyring = how.keyring ?? openKeyring([newEncryptionKey('first')]);
  const definitions = [salesforce as ConnectorDefinition];
  for (const connection of localConnections(crmsOf(org), 2)) {
    const credentials = how.credentials ?? connection.credentials;
    await saveConnection(db, keyring, { ...connection, credentials }, clock.now());
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
