/** A portal that nobody prepared, prepared and cleared again by the commands an administrator types. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { loadCredentials, saveConnection } from '../../src/app/connection-store.ts';
import type { PlanItem } from '../../src/crm/provisioning.ts';
import { openKeyring } from '../../src/platform/crypto/keyring.ts';
import { tributary, type Finished } from '../e2e/tributary-process.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';
import { openPortalToPrepare, type PortalToPrepare } from './provisioning.ts';

const encryptionKey = { id: 'test', key: Buffer.alloc(32, 7).toString('base64') };

let portal: PortalToPrepare;
let database: TestDatabase;
let folder: string;
let env: Record<string, string>;

const printed = ({ stdout }: Finished): { items: PlanItem[]; done: string[] } =>
  JSON.parse(stdout) as { items: PlanItem[]; done: string[] };
const run = (args: string, more: Record<string, string> = {}): Promise<Finished> =>
  tributary(args.split(' '), { ...env, ...more });
const stored = async (): Promise<unknown> => ({
  row: await database.db.query("SELECT * FROM connections WHERE id = 'hubspot'"),
  credentials: await loadCredentials(database.db, openKeyring([encryptionKey]), 'hubspot'),
});

beforeAll(async () => {
  [portal, database] = await Promise.all([openPortalToPrepare(), createTestDatabase()]);
  folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-token-'));
  const { clientId, clientSecret, refreshToken, portalId, appId, developerApiKey } =
    portal.sandbox.credentials;
  await saveConnection(
    database.db,
    openKeyring([encryptionKey]),
    {
      id: 'hubspot',
      vendor: 'hubspot',
      label: 'HubSpot',
      settings: { baseUrl: portal.sandbox.url, sandbox: true, appId: String(appId) },
      credentials: { clientId, clientSecret, refreshToken },
      isSandbox: true,
      accountId: String(portalId),
      recordOrder: 1,
      pushSlots: 1,
    },
    new Date(),
  );
  env = {
    DATABASE_URL: database.url,
    TRIBUTARY_ENCRYPTION_KEYS: `${encryptionKey.id}:${encryptionKey.key}`,
    TRIBUTARY_API_KEYS: `test:${'k'.repeat(40)}`,
    TRIBUTARY_PUBLIC_URL: 'https://tributary.example.com',
    HUBSPOT_DEVELOPER_API_KEY: developerApiKey,
  };
}, 120_000);

afterAll(async () => {
  await portal.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

it('shows the plan and leaves the portal as it was', async () => {
  const before = await portal.state();
  const shown = await run('provision hubspot --dry-run --yes');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain('NEW  property deals.tributary_deal_id');
  expect(shown.stdout).toContain('NEW  webhook deal.propertyChange dealstage');
  expect(shown.stdout).toContain('Nothing was changed.');
  expect(await portal.state()).toEqual(before);
}, 120_000);

it('acts with the administrator’s token that it is given, and stores nothing of it', async () => {
  const before = await stored();
  const unknown = await run('provision hubspot --dry-run', { HUBSPOT_ADMIN_TOKEN: 'pat-na1-unknown' });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('HubSpot refuses the token');

  const file = path.join(folder, 'admin-token');
  await writeFile(file, 'two words\n');
  expect((await run(`provision hubspot --token-file ${file} --yes`)).stderr).toContain('nothing else');
  await writeFile(file, `${portal.sandbox.credentials.privateAppToken}\n`);
  const made = await run(`provision hubspot --token-file ${file} --yes --json`);
  expect({ code: made.code, stderr: made.stderr }).toMatchObject({ code: 0 });
  expect(printed(made).done).toContain('property deals.tributary_deal_id');
  expect(made.stdout + made.stderr).not.toContain(portal.sandbox.credentials.privateAppToken);
  const rows = await database.db.query<{ item: string }>('SELECT item FROM provisioned_items');
  expect(rows.map(({ item }) => item).sort()).toEqual([...printed(made).done].sort());
  expect(await stored()).toEqual(before);
}, 120_000);

it('finds nothing to do then, and takes it all away again once the live connection is stopped', async () => {
  const again = await run('provision hubspot --yes --json');
  expect(printed(again).done).toEqual([]);
  const refused = await run('deprovision hubspot --yes');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('--even-if-live');
  const state = await portal.state();
  expect(state.deals.map(({ name }) => name)).toContain('tributary_deal_id');

  const removed = await run('deprovision hubspot --yes --even-if-live --json');
  expect(removed.code).toBe(0);
  expect(printed(removed).done.sort()).toEqual(
    printed(again)
      .items.map(({ item }) => item)
      .sort(),
  );
  expect(await database.db.query('SELECT item FROM provisioned_items')).toEqual([]);
}, 120_000);

it('says that a project for Salesforce’s tools is nothing for HubSpot', async () => {
  const refused = await run(`provision hubspot --sfdx ${folder}`);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('--sfdx is for Salesforce');
}, 120_000);
