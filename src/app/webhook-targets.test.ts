import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import type { ConnectorDefinition } from '../crm/connector.ts';
import { newEncryptionKey, openKeyring } from '../platform/crypto/keyring.ts';
import { saveConnection, saveCredentials } from './connection-store.ts';
import { webhookTargets } from './webhook-targets.ts';

const keyring = openKeyring([newEncryptionKey('test')]);
const at = new Date('2026-11-23T12:00:00Z');
let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
  await saveConnection(
    test.db,
    keyring,
    {
      ...{
        id: 'hubspot',
        vendor: 'hubspot',
        label: 'HubSpot',
        settings: {},
        credentials: withSecret('first'),
      },
      ...{ isSandbox: false, accountId: '1', recordOrder: 1, pushSlots: 1 },
    },
    at,
  );
});
afterAll(() => test.drop());

function withSecret(clientSecret: string): object {
  return { clientId: 'app', clientSecret, refreshToken: 'never used' };
}

it('remembers the secrets of a connection for a second, and then no more', async () => {
  let now = 1_000;
  const definitions = [hubspot as ConnectorDefinition];
  const targets = webhookTargets({ db: test.db, keyring, definitions }, () => now);
  expect(targets.remembered?.('hubspot')).toBeNull();
  expect(await targets.targetOf('hubspot')).toMatchObject({ secrets: ['first'] });
  await saveCredentials(test.db, keyring, 'hubspot', withSecret('second'), at);
  now += 999;
  expect(targets.remembered?.('hubspot')).toMatchObject({ secrets: ['first'] });
  now += 1;
  expect(targets.remembered?.('hubspot')).toBeNull();
  expect(await targets.targetOf('hubspot')).toMatchObject({ secrets: ['second'] });
  expect(targets.remembered?.('hubspot')).toMatchObject({ secrets: ['second'] });
});

it('remembers nothing of a connection that takes no notifications any more', async () => {
  const targets = webhookTargets({ db: test.db, keyring, definitions: [hubspot as ConnectorDefinition] });
  expect(await targets.targetOf('hubspot')).not.toBeNull();
  await saveCredentials(test.db, keyring, 'hubspot', { accessToken: 'a private app' }, at);
  expect(await targets.targetOf('hubspot')).toBeNull();
  expect(targets.remembered?.('hubspot')).toBeNull();
});
