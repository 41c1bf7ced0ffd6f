import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import type { Connection } from 'jsforce';
import type { DeployOptions, DeployResult } from 'jsforce/lib/api/metadata.js';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let conn: Connection;

beforeAll(async () => {
  org = await openOrg({ preset: 'fresh', settings: { metadataJobMs: 60_000 } });
  conn = await org.connect();
});
afterAll(() => org.close());

const NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"';

function manifest(types: Record<string, string[]>): string {
  const listed = Object.entries(types).map(
    ([name, members]) =>
      `<types>${members.map((one) => `<members>${one}</members>`).join('')}<name>${name}</name></types>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><Package ${NAMESPACE}>${listed.join('')}<version>62.0</version></Package>`;
}

function fieldXml(name: string, rest = '<type>Text</type><length>40</length>'): string {
  return `<fields><fullName>${name}</fullName><label>${name}</label>${rest}</fields>`;
}

function objectXml(content: string): string {
  return `<CustomObject ${NAMESPACE}>${content}</CustomObject>`;
}

function zip(files: Record<string, string>): Buffer {
  const entries = Object.entries(files).map(([path, text]) => [`pkg/${path}`, strToU8(text)]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

/** Deploys, moves the clock past the end and returns the result with its components. */
async function deploy(
  files: Record<string, string>,
  options: Partial<DeployOptions> = {},
): Promise<DeployResult> {
  const { id } = await conn.metadata.deploy(zip(files), options);
  org.clock.advance(30_000);
  org.clock.advance(30_000);
  return conn.metadata.checkDeployStatus(id, true);
}

const isThere = async (fullName: string) => 'label' in (await conn.metadata.read('CustomField', fullName));

describe('a deployment', () => {
  const files = {
    'package.xml': manifest({ CustomField: ['Opportunity.Region__c'], PermissionSet: ['Regions'] }),
    'objects/Opportunity.object': objectXml(fieldXml('Region__c')),
    'permissionsets/Regions.permissionset': `<PermissionSet ${NAMESPACE}><label>Regions</label>
      <fieldPermissions><editable>true</editable><field>Opportunity.Region__c</field><readable>true</readable></fieldPermissions>
    </PermissionSet>`,
  };

  it('waits, works and ends by the clock, and brings what others in it refer to first', async () => {
    const { id } = await conn.metadata.deploy(zip(files));
    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({ done: false, status: 'Pending' });
    org.clock.advance(30_000);
    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({ done: false, status: 'InProgress' });
    expect(await isThere('Opportunity.Region__c')).toBe(false);
    org.clock.advance(30_000);
    const result = await conn.metadata.checkDeployStatus(id, true);
    expect(result).toMatchObject({
      done: true,
      status: 'Succeeded',
      success: true,
      numberComponentsDeployed: 2,
      numberComponentsTotal: 2,
    });
    expect(result.details.componentSuccesses).toMatchObject([
      {
        fullName: 'Opportunity.Region__c',
        componentType: 'CustomField',
        created: true,
        fileName: 'pkg/objects/Opportunity.object',
      },
      { fullName: 'Regions', componentType: 'PermissionSet', created: true },
    ]);
    const grants = await conn.query("SELECT Field FROM FieldPermissions WHERE Parent.Name = 'Regions'");
    expect(grants.records).toMatchObject([{ Field: 'Opportunity.Region__c' }]);
  });

  const broken = {
    'package.xml': manifest({ CustomField: ['Opportunity.Fine__c', 'Opportunity.Bad__c'] }),
    'objects/Opportunity.object': objectXml(fieldXml('Fine__c') + fieldXml('Bad__c', '<type>Text</type>')),
  };

  it('leaves nothing when a component fails, unless the good ones are to stay', async () => {
    const failed = await deploy(broken);
    expect(failed).toMatchObject({
      status: 'Failed',
      success: false,
      numberComponentErrors: 1,
      numberComponentsDeployed: 0,
    });
    expect(failed.details.componentFailures).toMatchObject([
      {
        fullName: 'Opportunity.Bad__c',
        problem: "Must specify 'length' for a CustomField of type Text",
        problemType: 'Error',
      },
    ]);
    expect(await isThere('Opportunity.Fine__c')).toBe(false);
    expect(await deploy(broken, { rollbackOnError: false })).toMatchObject({ status: 'SucceededPartial' });
    expect(await isThere('Opportunity.Fine__c')).toBe(true);
  });

  it('only checks when asked, and can then be carried out as it was checked', async () => {
    const checked = {
      'package.xml': manifest({ CustomField: ['Account.Checked__c'] }),
      'objects/Account.object': objectXml(fieldXml('Checked__c')),
    };
    const result = await deploy(checked, { checkOnly: true });
    expect(result).toMatchObject({ status: 'Succeeded', checkOnly: true });
    expect(await isThere('Account.Checked__c')).toBe(false);
    const id = await conn.metadata.deployRecentValidation({ id: result.id });
    org.clock.advance(30_000);
    org.clock.advance(30_000);
    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({
      status: 'Succeeded',
      checkOnly: false,
    });
    expect(await isThere('Account.Checked__c')).toBe(true);
  });

  it('says what the manifest and the files do not have in common', async () => {
    const result = await deploy({
      'package.xml': manifest({ CustomField: ['Account.Missing__c'] }),
      'objects/Account.object': objectXml(fieldXml('Stray__c')),
      'classes/Thing.cls': 'class Thing {}',
    });
    const problems = result.details.componentFailures?.map((one) => one.problem);
    expect(problems).toEqual([
      'Not in package.xml',
      'sandbox: this org does not take files of this kind',
      "An object 'Account.Missing__c' of type CustomField was named in package.xml, but was not found in zipped directory",
    ]);
    expect(await deploy({ 'objects/Account.object': objectXml('') })).toMatchObject({
      status: 'Failed',
      errorMessage: 'No package.xml found',
    });
  });

  it('deletes what destructive changes name, and only warns of what is not there', async () => {
    const result = await deploy({
      'package.xml': manifest({}),
      'destructiveChanges.xml': manifest({ CustomField: ['Opportunity.Fine__c', 'Opportunity.Never__c'] }),
    });
    expect(result).toMatchObject({ status: 'Succeeded' });
    expect(result.details.componentSuccesses).toMatchObject([
      { fullName: 'Opportunity.Fine__c', deleted: true },
      {
        fullName: 'Opportunity.Never__c',
        problemType: 'Warning',
        problem: 'No CustomField named: Opportunity.Never__c found',
      },
    ]);
    expect(await isThere('Opportunity.Fine__c')).toBe(false);
  });

  it('can be called off while it waits', async () => {
    const { id } = await conn.metadata.deploy(zip(broken));
    await conn.metadata.cancelDeploy(id);
    org.clock.advance(2000);
    expect(await conn.metadata.checkDeployStatus(id)).toMatchObject({
      done: true,
      status: 'Canceled',
      success: false,
    });
    await expect(conn.metadata.checkDeployStatus('0Af5g0000000zzzAAA')).rejects.toThrow(
      'invalid cross reference id',
    );
  });
});

describe('a retrieve', () => {
  it('brings components as files that can be deployed again', async () => {
    const unpackaged = {
      types: [
        { members: ['Opportunity.Region__c', 'Opportunity.Nothing__c'], name: 'CustomField' },
        { members: ['*'], name: 'PermissionSet' },
        { members: ['Opportunity-Opportunity Layout'], name: 'Layout' },
      ],
      version: '62.0',
    };
    const { id } = await conn.metadata.retrieve({
      apiVersion: 62,
      singlePackage: true,
      unpackaged: unpackaged as never,
    });
    expect(await conn.metadata.checkRetrieveStatus(id)).toMatchObject({ done: false, status: 'Pending' });
    org.clock.advance(60_000);
    const result = await conn.metadata.checkRetrieveStatus(id);
    expect(result).toMatchObject({ done: true, status: 'Succeeded', success: true });
    expect(result.messages).toMatchObject([
      { problem: "Entity of type 'CustomField' named 'Opportunity.Nothing__c' cannot be found" },
    ]);
    const files = unzipSync(Buffer.from(result.zipFile, 'base64'));
    expect(Object.keys(files).sort()).toEqual([
      'layouts/Opportunity-Opportunity Layout.layout',
      'objects/Opportunity.object',
      'package.xml',
      'permissionsets/Regions.permissionset',
    ]);
    const texts = Object.fromEntries(
      Object.entries(files).map(([path, content]) => [path, strFromU8(content)]),
    );
    expect(texts['objects/Opportunity.object']).toContain('<fullName>Region__c</fullName>');
    expect(await deploy(texts)).toMatchObject({ status: 'Succeeded', numberComponentsTotal: 3 });
  });
});
