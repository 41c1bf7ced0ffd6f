import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import type { Connection } from 'jsforce';
import { inState, openOrgToPrepare, type OrgToPrepare } from '../../../test/salesforce/provisioning.ts';

const source = 'force-app/main/default/';

/** What `sf project deploy start` sends: source files in the Metadata API's own format, fields inside their objects. */
function asDeployment(files: ReadonlyMap<string, string>): Buffer {
  const zipped: Record<string, Uint8Array> = {
    'package.xml': strToU8(files.get('manifest/package.xml') ?? ''),
  };
  const fields = new Map<string, string[]>();
  for (const [name, content] of files) {
    if (!name.startsWith(source)) continue;
    const path = name.slice(source.length);
    const [, object] = /^objects\/(\w+)\/fields\//.exec(path) ?? [];
    if (object === undefined) zipped[path.replace(/-meta\.xml$/, '')] = strToU8(content);
    else fields.set(object, [...(fields.get(object) ?? []), innerOf(content)]);
  }
  for (const [object, all] of fields) {
    const inner = all.map((one) => `<fields>${one}</fields>`).join('');
    const xml = `<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">${inner}</CustomObject>`;
    zipped[`objects/${object}.object`] = strToU8(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
  }
  return Buffer.from(zipSync(zipped));
}

function innerOf(document: string): string {
  return /<CustomField[^>]*>([\s\S]*)<\/CustomField>/.exec(document)?.[1] ?? '';
}

/** The set-up that provisioning is about, as an administrator reads it. */
async function setUpOf({ metadata }: Connection): Promise<unknown> {
  const names = async (type: string): Promise<string[]> =>
    (await metadata.list({ type })).map(({ fullName }) => fullName).sort();
  const fields = (await names('CustomField')).filter((name) => name.includes('Tributary_'));
  const parts = [fields.slice(0, 10), fields.slice(10)].filter((part) => part.length > 0);
  return {
    fields: await Promise.all(parts.map((part) => metadata.read('CustomField', part))),
    sets: await metadata.read('PermissionSet', ['Tributary_Integration', 'Tributary_Partner_Deal']),
    layout: await metadata.read('Layout', 'Opportunity-Opportunity Layout'),
    values: await metadata.read('StandardValueSet', 'LeadSource'),
    members: await metadata.read('PlatformEventChannelMember', await names('PlatformEventChannelMember')),
  };
}

describe('the project to deploy', () => {
  let direct: OrgToPrepare;
  let deployed: OrgToPrepare;

  beforeAll(async () => {
    [direct, deployed] = await Promise.all([openOrgToPrepare('fresh'), openOrgToPrepare('fresh')]);
  });
  afterAll(() => Promise.all([direct.close(), deployed.close()]));

  it('makes of an org the same as provisioning it directly, but for the assignment', async () => {
    const plan = await deployed.plan();
    const zip = asDeployment(plan.files?.() ?? new Map());
    const { metadata } = deployed.byHand;
    metadata.pollInterval = 50;
    const result = await metadata
      .deploy(zip.toString('base64') as never, { singlePackage: true, rollbackOnError: true })
      .complete(true);
    expect(result.details?.componentFailures ?? []).toEqual([]);
    expect(result.success).toBe(true);
    await direct.provision();
    expect(await setUpOf(deployed.byHand)).toEqual(await setUpOf(direct.byHand));
    expect(inState(await deployed.plan(), 'create', 'extend')).toEqual([
      'assignment Tributary_Integration to runtime@tributary.example.com',
    ]);
  });

  it('holds the whole set-up also where the org has it already, for the next org', async () => {
    const files = [...((await direct.plan()).files?.() ?? new Map<string, string>()).keys()];
    expect(files.filter((name) => name.includes('/fields/'))).toHaveLength(11);
    expect(files).toContain(`${source}layouts/Opportunity-Opportunity Layout.layout-meta.xml`);
    expect(files).toContain(`${source}permissionsets/Tributary_Integration.permissionset-meta.xml`);
    expect(files).toContain(`${source}standardValueSets/LeadSource.standardValueSet-meta.xml`);
    expect(files).toContain(
      `${source}platformEventChannelMembers/ChangeEvents_OpportunityChangeEvent.platformEventChannelMember-meta.xml`,
    );
  });
});
