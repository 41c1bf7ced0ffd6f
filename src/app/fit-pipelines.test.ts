import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { capabilities } from '../../connectors/hubspot/capabilities.ts';
import { readFile } from 'node:fs/promises';
import { openPortalToPrepare, type PortalToPrepare } from '../../test/hubspot/provisioning.ts';
import { parseMapping } from '../mapping/load.ts';
import { fitOrg, type FittedOrg } from './fit-org.ts';

let portal: PortalToPrepare;
let shipped: string;
beforeAll(async () => {
  portal = await openPortalToPrepare({ preset: 'renamed-stages' });
  shipped = await readFile('mappings/hubspot/mapping.yaml', 'utf8');
});
afterAll(() => portal.close());

function fit(newDeals?: string): Promise<FittedOrg> {
  const section = newDeals === undefined ? '' : `pipelines:\n  newDeals: ${newDeals}\n`;
  const mapping = parseMapping(`${shipped}\n${section}`, 'hubspot.yaml', 'hubspot');
  return fitOrg(portal.connector, capabilities, mapping);
}

const startOf = ({ openStages: [first] }: FittedOrg): unknown => ({
  pipeline: first?.pipeline,
  stage: first?.id,
});

describe('a mapping that names where new deals start', () => {
  it('starts them in the first open stage of the first pipeline when it names nothing', async () => {
    expect(startOf(await fit())).toEqual({ pipeline: 'default', stage: 'appointmentscheduled' });
  });

  it.each([
    ['{ pipeline: "74218011" }', '146218801'],
    ['{ pipeline: partner pipeline, stage: Joint Call }', '146218802'],
    ['{ pipeline: "74218011", stage: "146218802" }', '146218802'],
  ])('takes %s by id or label, whatever the labels are', async (newDeals, stage) => {
    const fitted = await fit(newDeals);
    expect(fitted.mapping.faults).toEqual([]);
    expect(startOf(fitted)).toEqual({ pipeline: '74218011', stage });
  });

  it.each([
    ['{ pipeline: Reseller }', 'there is no pipeline "Reseller"; there are: New Business, Partner Pipeline'],
    [
      '{ pipeline: "74218011", stage: Gewonnen }',
      'has no open stage Gewonnen; its open stages are: Registered, Joint Call',
    ],
  ])('lets new deals wait while %s is not there, and says what there is', async (newDeals, problem) => {
    const { mapping } = await fit(newDeals);
    expect(mapping.paused).toEqual([
      expect.objectContaining({
        record: 'deal',
        field: 'pipelines.newDeals',
        essential: true,
        problem: expect.stringContaining(problem),
      }),
    ]);
  });
});
