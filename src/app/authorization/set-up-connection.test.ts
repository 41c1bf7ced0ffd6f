import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { salesforce } from '../../../connectors/salesforce/definition.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import type { ConnectorDefinition } from '../../crm/connector.ts';
import { systemClock } from '../../platform/clock.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { newEncryptionKey, openKeyring } from '../../platform/crypto/keyring.ts';
import { createLogger } from '../../platform/logging.ts';
import { loadConnection } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { openProvisioner } from '../provisioning/open-provisioner.ts';
import { setUpConnection } from './set-up-connection.ts';

let test: TestDatabase;
let folder: string;
let written: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-set-up-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = path.join(folder, 'salesforce.key');
  await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  written = {
    SALESFORCE_LOGIN_URL: 'https://your-domain.my.salesforce.com',
    SALESFORCE_ORG_ID: '00D000000000001EAA',
    SALESFORCE_CLIENT_ID: '3MVG9the-consumer-key',
    SALESFORCE_USERNAME: 'integration@example.com',
    SALESFORCE_PRIVATE_KEY_FILE: file,
  };
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.drop());

const keyring = openKeyring([newEncryptionKey('first')]);

function appWith(env: Record<string, string>): Application {
  const parts: Partial<Application> = {
    db: test.db,
    clock: systemClock,
    logger: createLogger({ name: 'test', level: 'silent' }),
    keyring,
    definitions: [salesforce as ConnectorDefinition],
    config: loadConfig(env),
  };
  return parts as Application;
}

describe('a connection set up from .env by a command', () => {
  it('has what .env says by now, when somebody corrected it', async () => {
    const typed = {
      ...written,
      SALESFORCE_USERNAME: 'intergation@example.com',
      SALESFORCE_CLIENT_ID: '3MVG',
    };
    await setUpConnection(appWith(typed), 'salesforce', {});
    const { target } = await setUpConnection(appWith(written), 'salesforce', {});
    expect(target.credentials).toMatchObject({
      username: 'integration@example.com',
      clientId: '3MVG9the-consumer-key',
    });
  });

  it('keeps the org it belongs to, whatever .env says by now', async () => {
    await setUpConnection(appWith(written), 'salesforce', {});
    const other = appWith({ ...written, SALESFORCE_ORG_ID: '00D000000000002EAA' });
    const { target } = await setUpConnection(other, 'salesforce', {});
    expect(target.row.pinnedAccountId).toBe('00D000000000001EAA');
  });

  it('does not stay behind when provisioning could not begin', async () => {
    // Without a key nobody can be named to act as.
    const app = appWith({ ...written, SALESFORCE_USERNAME: '', SALESFORCE_PRIVATE_KEY_FILE: '' });
    await expect(openProvisioner(app, 'salesforce', { username: 'admin@example.com' })).rejects.toThrow(
      'Log in with a browser instead',
    );
    expect(await loadConnection(test.db, 'salesforce')).toBeNull();
  });
});
