import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let dataDir: string;
let org: OpenOrg | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'metadata-'));
});
afterEach(async () => {
  await org?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function open(settings: Record<string, number> = {}) {
  org = await openOrg({ preset: 'fresh', dataDir, settings });
  return { org, conn: await org.connect() };
}

async function restart() {
  await org?.close();
  return open();
}

const text = (fullName: string, label = 'A field') => ({ fullName, label, type: 'Text', length: 40 });
const grant = (...fields: string[]) => ({
  fullName: 'Admin',
  fieldPermissions: fields.map((field) => ({ field, readable: true, editable: true })),
});

describe('an org that is started again', () => {
  it('has its custom fields, objects, renames, deletions, permissions, pages and selected entities', async () => {
    const before = await open();
    const { metadata } = before.conn;
    await metadata.create('CustomObject', {
      fullName: 'First__c',
      label: 'First',
      pluralLabel: 'Firsts',
      nameField: { type: 'Text', label: 'Name' },
      deploymentStatus: 'Deployed',
      sharingModel: 'ReadWrite',
      fields: [text('Note__c')],
    } as never);
    await metadata.create('CustomField', [text('Account.Kept__c'), text('Account.Gone__c')] as never[]);
    await metadata.update(
      'Profile',
      grant('Account.Kept__c', 'Account.Gone__c', 'First__c.Note__c') as never,
    );
    const account = await before.conn.sobject('Account').create({ Name: 'A', Kept__c: 'k', Gone__c: 'g' });
    await before.conn.sobject('First__c').create({ Name: 'F', Note__c: 'n' });
    await metadata.rename('CustomObject', 'First__c', 'Second__c');
    await metadata.delete('CustomField', 'Account.Gone__c');
    await metadata.create('CustomField', text('Account.Hidden__c') as never);
    await metadata.update('CustomField', text('Account.Kept__c', 'Another label') as never);
    await metadata.create('PlatformEventChannelMember', {
      fullName: 'ChangeEvents_AccountChangeEvent',
      eventChannel: 'ChangeEvents',
      selectedEntity: 'AccountChangeEvent',
    } as never);
    const listed = await metadata.list({ type: 'CustomField' });

    const { conn } = await restart();

    expect(await conn.sobject('Account').retrieve(account.id ?? '')).toMatchObject({ Kept__c: 'k' });
    expect((await conn.query('SELECT Name, Note__c FROM Second__c')).records).toMatchObject([
      { Name: 'F', Note__c: 'n' },
    ]);
    const names = (await conn.sobject('Account').describe()).fields;
    expect(names.find((one) => one.name === 'Kept__c')?.label).toBe('Another label');
    expect(names.map((one) => one.name)).not.toEqual(expect.arrayContaining(['Hidden__c']));
    expect(names.map((one) => one.name)).not.toEqual(expect.arrayContaining(['Gone__c']));
    const ids = (all: { fullName: string; id: string }[]) =>
      all.map((one) => `${one.fullName} ${one.id}`).sort();
    expect(ids(await conn.metadata.list({ type: 'CustomField' }))).toEqual(ids(listed));
    expect(await conn.metadata.list({ type: 'PlatformEventChannelMember' })).toMatchObject([
      { fullName: 'ChangeEvents_AccountChangeEvent' },
    ]);
    expect(await conn.metadata.create('CustomField', text('Account.Next__c') as never)).toMatchObject({
      success: true,
    });
  });

  it('goes on with a deployment that was waiting', async () => {
    const before = await open({ metadataJobMs: 600_000 });
    const files = {
      'pkg/package.xml':
        '<Package><types><members>Account.Late__c</members><name>CustomField</name></types><version>62.0</version></Package>',
      'pkg/objects/Account.object':
        '<CustomObject><fields><fullName>Late__c</fullName><label>Late</label><type>Date</type></fields></CustomObject>',
    };
    const zipped = zipSync(
      Object.fromEntries(Object.entries(files).map(([path, xml]) => [path, strToU8(xml)])),
    );
    const { id } = await before.conn.metadata.deploy(Buffer.from(zipped));

    const { conn, org: again } = await restart();

    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({ status: 'Pending' });
    again.clock.advance(300_000);
    again.clock.advance(300_000);
    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({ status: 'Succeeded' });
    expect(await conn.metadata.read('CustomField', 'Account.Late__c')).toMatchObject({ type: 'Date' });
  });
});
