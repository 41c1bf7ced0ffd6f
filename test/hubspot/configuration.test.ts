/** Mappings of a portal: previewed before they are applied, taken back, and moved to another portal by name. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import {
  applyConfiguration,
  compareConfiguration,
  type CheckFit,
} from '../../src/app/configuration/apply-configuration.ts';
import { readBundle, type Bundle } from '../../src/app/configuration/bundle.ts';
import { exportConfiguration, renderBundle } from '../../src/app/configuration/export-configuration.ts';
import { faultsInWords, fitCandidate } from '../../src/app/configuration/fit-candidate.ts';
import { previewMapping, type Preview } from '../../src/app/preview/preview-mapping.ts';
import { parseMapping } from '../../src/mapping/load.ts';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';

interface Row {
  to: string;
  transforms?: unknown[];
}

/** Has no pipeline of the name "New Business". */
let usual: Engine;
/** Has one, whose id is another than its name. */
let renamed: Engine;
const crmIds: string[] = [];
beforeAll(async () => {
  [usual, renamed] = await Promise.all([
    openEngine(() => openHubspotEngine()),
    openEngine(() => openHubspotEngine({ preset: 'renamed-stages' })),
  ]);
  for (const ref of ['one', 'two']) crmIds.push((await usual.mirrored(ref)).crmId);
}, 60_000);
afterAll(() => Promise.all([usual?.close(), renamed?.close()]));

const checkFitOf =
  (engine: Engine): CheckFit =>
  async (id, mapping) =>
    faultsInWords(await fitCandidate(await engine.app.wiring.inspect(id), mapping));

async function exported(
  engine: Engine,
  change: (mapping: { deal: { write: Row[] } }) => void,
): Promise<Bundle> {
  const bundle = readBundle(renderBundle(await exportConfiguration(engine.app)), 'exported.yaml');
  change(bundle.connections['hubspot']?.mapping as { deal: { write: Row[] } });
  return readBundle(stringify(bundle), 'changed.yaml');
}

async function previewed(bundle: Bundle): Promise<Preview> {
  const connection = await usual.app.wiring.inspect('hubspot');
  const text = stringify(bundle.connections['hubspot']?.mapping);
  const candidate = await fitCandidate(connection, parseMapping(text, 'changed.yaml', 'hubspot'));
  return previewMapping(usual.app, connection, candidate, 100, () => undefined);
}

async function apply(engine: Engine, bundle: Bundle): Promise<string> {
  const change = await compareConfiguration(engine.app, bundle, 'changed.yaml', checkFitOf(engine));
  await applyConfiguration(engine.app, bundle, change, 'Kim');
  return change.diff;
}

const prefix = (text: string) => (mapping: { deal: { write: Row[] } }) => {
  const row = mapping.deal.write.find(({ to }) => to === 'tributary_partner');
  row?.transforms?.push({ prefix: text });
};

async function partners(): Promise<unknown[]> {
  return Promise.all(crmIds.map(async (id) => (await usual.deal(id))['tributary_partner']));
}

describe('a changed mapping of a portal', () => {
  it('is previewed record by record, from what is there to what would be, and writes nothing', async () => {
    const before = await partners();
    const preview = await previewed(await exported(usual, prefix('Partner: ')));
    expect(preview).toMatchObject({ updates: 2, creations: 0, refused: 0, fields: { tributary_partner: 2 } });
    expect(preview.writes.flatMap(({ changes }) => changes)).toContainEqual({
      field: 'tributary_partner',
      from: before[0],
      to: `Partner: ${String(before[0])}`,
    });
    expect(await partners()).toEqual(before);
  });

  it('is what every record follows once it is applied', async () => {
    const before = await partners();
    const diff = await apply(usual, await exported(usual, prefix('Partner: ')));
    expect(diff).toMatch(/^\+ +- prefix: "Partner: "$/m);
    await usual.settle();
    expect(await partners()).toEqual(before.map((name) => `Partner: ${String(name)}`));
  });

  it('goes to another portal by the names of pipeline and stage, and starts deals at what they mean there', async () => {
    const named = await exported(renamed, (mapping) =>
      Object.assign(mapping, {
        pipelines: { newDeals: { pipeline: 'Partner Pipeline', stage: 'Joint Call' } },
      }),
    );
    expect(stringify(named)).not.toMatch(/74218011|146218802/);
    await apply(renamed, named);
    const { crmId } = await renamed.mirrored('three');
    expect(await renamed.deal(crmId)).toMatchObject({ pipeline: '74218011', dealstage: '146218802' });
  });

  it('is refused as a whole, with the reason, by a portal that has no pipeline of that name', async () => {
    const named = await exported(renamed, () => undefined);
    await expect(apply(usual, named)).rejects.toMatchObject({
      faults: [expect.stringMatching(/Partner Pipeline/)],
    });
    expect(JSON.stringify(await exportConfiguration(usual.app))).not.toMatch(/Partner Pipeline/);
  });
});
