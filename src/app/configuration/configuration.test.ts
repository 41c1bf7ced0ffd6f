import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { openRehearsal, type Rehearsal } from '../../../test/rehearsal/open-rehearsal.ts';
import { previewMapping, type Preview } from '../preview/preview-mapping.ts';
import { applyConfiguration, compareConfiguration, type CheckFit } from './apply-configuration.ts';
import { BundleError, readBundle, type Bundle } from './bundle.ts';
import { mappingOf } from './choose-mapping.ts';
import { contentBefore } from './documents.ts';
import { exportConfiguration, renderBundle } from './export-configuration.ts';
import { faultsInWords, fitCandidate } from './fit-candidate.ts';
import { putIntoForce } from './put-into-force.ts';
import { parseMapping } from '../../mapping/load.ts';

interface Row {
  to: string;
  from?: string;
  value?: unknown;
  transforms?: unknown[];
}

const connectionId = 'salesforce';
let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
  for (const name of ['One', 'Two', 'Three']) await rehearsal.addDeal(name);
  await rest();
}, 120_000);
afterAll(() => rehearsal?.close());

async function rest(): Promise<void> {
  for (let step = 0; step < 4; step++) await rehearsal.step();
}

async function names(): Promise<string[]> {
  return (await rehearsal.admin.records('Opportunity'))
    .map((record) => String(record['Tributary_Partner__c']))
    .sort();
}

/** What is in force, changed as a person would change the exported file. */
async function changed(change: (rows: Row[]) => void): Promise<Bundle> {
  const bundle = readBundle(renderBundle(await exportConfiguration(rehearsal.app)), 'exported.yaml');
  const mapping = bundle.connections[connectionId]?.mapping as { deal: { write: Row[] } };
  change(mapping.deal.write);
  return readBundle(stringify(bundle), 'changed.yaml');
}

const checkFit: CheckFit = async (id, mapping) =>
  faultsInWords(await fitCandidate(await rehearsal.app.wiring.inspect(id), mapping));

async function previewOf(bundle: Bundle): Promise<Preview> {
  const { app } = rehearsal;
  const connection = await app.wiring.inspect(connectionId);
  const text = stringify(bundle.connections[connectionId]?.mapping);
  const candidate = await fitCandidate(connection, parseMapping(text, 'changed.yaml', 'salesforce'));
  return previewMapping(app, connection, candidate, 100, () => undefined);
}

async function apply(bundle: Bundle): Promise<string> {
  const { app } = rehearsal;
  const change = await compareConfiguration(app, bundle, 'changed.yaml', checkFit);
  await applyConfiguration(app, bundle, change, 'Kim');
  return change.diff;
}

/** The deal's name may not be written to a record that a registration is attached to. */
const named = { from: 'deal.name', attach: false };

function prefixed(rows: Row[]): void {
  const partner = rows.find(({ to }) => to === 'Tributary_Partner__c');
  if (partner) Object.assign(partner, { ...named, transforms: [{ prefix: 'Partner: ' }] });
}

describe('a configuration', () => {
  it('that was exported and not changed differs in nothing', async () => {
    const bundle = await changed(() => undefined);
    const change = await compareConfiguration(rehearsal.app, bundle, 'same.yaml', checkFit);
    expect(change).toEqual({ diff: '', mappings: [], recordRules: false, plan: false });
  });

  it('previews each record from what is there to what would be, and writes nothing', async () => {
    const before = await rehearsal.admin.writes('Opportunity');
    const preview = await previewOf(await changed(prefixed));
    expect(preview).toMatchObject({
      updates: 3,
      creations: 0,
      unchanged: 0,
      refused: 0,
      fields: { Tributary_Partner__c: 3 },
    });
    const [partner = ''] = await names();
    expect(preview.writes.map(({ changes }) => changes).flat()).toContainEqual({
      field: 'Tributary_Partner__c',
      from: partner,
      to: 'Partner: One',
    });
    expect(await rehearsal.admin.writes('Opportunity')).toEqual(before);
  });

  it('names in its preview what the org would refuse', async () => {
    const preview = await previewOf(
      await changed((rows) => {
        const tier = rows.find(({ to }) => to === 'Tributary_Partner__c');
        if (tier) Object.assign(tier, { ...named, transforms: [{ prefix: 'x'.repeat(260) }] });
      }),
    );
    expect(preview).toMatchObject({ updates: 0, refused: 3 });
    // In no stated order: the deals are told apart by the length of their partner's name or tier.
    expect(preview.refusals.map(({ reason }) => reason)).toContain(
      'Tributary_Partner__c: 263 characters, the field holds 255',
    );
  });

  it('once applied is what every record follows, with a diff, and can be taken back', async () => {
    const { app } = rehearsal;
    const before = await names();
    const diff = await apply(await changed(prefixed));
    expect(diff).toMatch(/^\+ +- prefix: "Partner: "$/m);
    await rest();
    expect(await names()).toEqual(['Partner: One', 'Partner: Three', 'Partner: Two']);

    const content = await contentBefore(app.db, 'mapping', connectionId);
    expect(content).toBeNull();
    await app.db.transaction((tx) =>
      putIntoForce(tx, { connectionId, content: null, by: 'Kim', at: rehearsal.now() }),
    );
    await rest();
    expect(await names()).toEqual(before);
  });

  it('is refused as a whole, with every reason, when something in it does not fit this installation', async () => {
    const bundle = await changed((rows) => rows.push({ to: 'Region__c', value: 'EMEA' }));
    const wrong = {
      ...bundle,
      connections: { ...bundle.connections, staging: { vendor: 'salesforce', mapping: {} } },
    };
    const refused = await compareConfiguration(rehearsal.app, wrong, 'changed.yaml', checkFit).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(BundleError);
    expect((refused as BundleError).faults).toEqual([
      expect.stringContaining('Opportunity.Region__c: the field does not exist'),
      'connections.staging: there is no connection of this name here: connect it first',
    ]);
    expect(
      (await mappingOf(rehearsal.app.db, { id: connectionId, vendor: 'salesforce' }, undefined)).deal.write,
    ).not.toContainEqual(expect.objectContaining({ to: 'Region__c' }));
  });

  it('never carries a record id, which would mean another record in another org', async () => {
    await expect(
      changed((rows) => rows.push({ to: 'CampaignId', value: '701000000000001AAA' })),
    ).rejects.toThrow('"701000000000001AAA" looks like a record id');
    const named = await changed((rows) => rows.push({ to: 'Description', value: 'Partner Referral' }));
    expect(parse(stringify(named))).toBeDefined();
  });
});
