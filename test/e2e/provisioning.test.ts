/** An org that nobody prepared, prepared and examined and cleared again, by the commands an administrator types. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { saveConnection } from '../../src/app/connection-store.ts';
import { openKeyring } from '../../src/platform/crypto/keyring.ts';
import type { PlanItem } from '../../src/crm/provisioning.ts';
import { openOrgToPrepare, runtimeUser, type OrgToPrepare } from '../salesforce/provisioning.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';
import { tributary, type Finished } from './tributary-process.ts';

const encryptionKey = { id: 'test', key: Buffer.alloc(32, 7).toString('base64') };

let prepared: OrgToPrepare;
let database: TestDatabase;
let run: (...args: string[]) => Promise<Finished>;

interface Printed {
  items: PlanItem[];
  done: string[];
}

const printed = ({ stdout }: Finished): Printed => JSON.parse(stdout) as Printed;
const doable = ({ items }: Printed): string[] =>
  items.filter(({ state }) => ['create', 'extend', 'remove'].includes(state)).map(({ item }) => item);

beforeAll(async () => {
  [prepared, database] = await Promise.all([openOrgToPrepare('fresh'), createTestDatabase()]);
  const { sandbox } = prepared.org;
  const { clientId, privateKey, organizationId } = sandbox.credentials;
  await saveConnection(
    database.db,
    openKeyring([encryptionKey]),
    {
      id: 'salesforce',
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: { loginUrl: sandbox.url, pubsubEndpoint: sandbox.pubsubEndpoint, sandbox: true },
      credentials: { kind: 'jwt', clientId, username: runtimeUser, privateKey },
      isSandbox: true,
      accountId: organizationId,
      recordOrder: 1,
      pushSlots: 1,
    },
    new Date(),
  );
  const env = {
    DATABASE_URL: database.url,
    TRIBUTARY_ENCRYPTION_KEYS: `${encryptionKey.id}:${encryptionKey.key}`,
    TRIBUTARY_API_KEYS: `test:${'k'.repeat(40)}`,
  };
  run = (...args) => tributary(args, env);
}, 120_000);

afterAll(async () => {
  await prepared.close();
  await database.drop();
});

const asAdmin = (): string[] => ['--as', prepared.org.sandbox.credentials.username];

/** All of the org's set-up that provisioning touches, and every record written. */
async function stateOfOrg(): Promise<unknown> {
  const { metadata } = prepared.byHand;
  const types = ['CustomField', 'PermissionSet', 'PlatformEventChannelMember', 'Layout'];
  const lists = await Promise.all(types.map((type) => metadata.list({ type })));
  const layout = await metadata.read('Layout', 'Opportunity-Opportunity Layout');
  return { lists, layout, writes: await prepared.org.admin('GET', '/writes') };
}

describe('provisioning from the command line', () => {
  it('is refused to the user the mirror runs as, who may not change the set-up', async () => {
    const refused = await run('provision', 'salesforce', '--dry-run');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--as USERNAME');
  }, 120_000);

  it('shows the plan and leaves the org as it was', async () => {
    const before = await stateOfOrg();
    const shown = await run('provision', 'salesforce', ...asAdmin(), '--dry-run', '--yes');
    expect(shown.stderr).toBe('');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('NEW  field Opportunity.Tributary_Deal_Id__c');
    expect(shown.stdout).toContain('16 to do. Nothing was changed.');
    expect(await stateOfOrg()).toEqual(before);
  }, 120_000);

  it('does nothing unasked where nobody sits at a terminal', async () => {
    const before = await stateOfOrg();
    const refused = await run('provision', 'salesforce', ...asAdmin());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('add --yes');
    expect(await stateOfOrg()).toEqual(before);
  }, 120_000);

  it('writes the same as a project to deploy, and leaves the org as it was', async () => {
    const before = await stateOfOrg();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-sfdx-'));
    try {
      const written = await run('provision', 'salesforce', ...asAdmin(), '--sfdx', folder);
      expect(written.code).toBe(0);
      const files = await readdir(folder, { recursive: true });
      expect(files).toContain('sfdx-project.json');
      expect(files).toContain(
        'force-app/main/default/objects/Opportunity/fields/Tributary_Deal_Id__c.field-meta.xml',
      );
      expect(await stateOfOrg()).toEqual(before);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 120_000);

  it('makes it all once, remembers what it made, and finds nothing to do the second time', async () => {
    const first = await run('provision', 'salesforce', ...asAdmin(), '--yes', '--json');
    expect(first.code).toBe(0);
    expect(printed(first).done).toHaveLength(16);
    const rows = await database.db.query<{ item: string }>('SELECT item FROM provisioned_items');
    expect(rows.map(({ item }) => item).sort()).toEqual([...printed(first).done].sort());
    const second = await run('provision', 'salesforce', ...asAdmin(), '--yes', '--json');
    expect(second.code).toBe(0);
    expect(doable(printed(second))).toEqual([]);
    expect(printed(second).done).toEqual([]);
  }, 120_000);

  it('is taken away again by the one who asks twice while the connection is live', async () => {
    const refused = await run('deprovision', 'salesforce', ...asAdmin(), '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--even-if-live');
    const removed = await run('deprovision', 'salesforce', ...asAdmin(), '--yes', '--even-if-live', '--json');
    expect(removed.code).toBe(0);
    expect(printed(removed).done).toContain('change events of Opportunity');
    expect(printed(removed).done).toContain('field Opportunity.Tributary_Deal_Id__c');
    const left = await database.db.query('SELECT item FROM provisioned_items');
    const again = await run('deprovision', 'salesforce', ...asAdmin(), '--dry-run', '--json');
    expect(doable(printed(again))).toEqual([]);
    expect(left).toEqual([]);
  }, 120_000);
});
