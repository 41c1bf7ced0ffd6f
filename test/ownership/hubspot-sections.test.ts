import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fitOrg } from '../../src/app/fit-org.ts';
import { parseMapping } from '../../src/mapping/load.ts';
import type { CrmUnderTest } from '../conformance/crm-under-test.ts';
import { openHubspotCrm } from '../conformance/hubspot.harness.ts';

const shipped = new URL('../../mappings/hubspot/mapping.yaml', import.meta.url).pathname;
let crm: CrmUnderTest;
beforeAll(async () => {
  crm = await openHubspotCrm();
});
afterAll(() => crm?.close());

it('says of each section of a mapping that HubSpot cannot follow it, and ignores none', async () => {
  const sections = `
tags:
  leadSource: { value: Partner }
  partners: {}
  campaign: { name: Partner Referrals }
  recordType: { name: Partner }
  accountTeam: { user: dan.okafor@vendor.example }
  partnerAccountId: check
owner: { rule: round-robin, users: [dan.okafor@vendor.example, nobody@vendor.example] }
target: lead
lead:
  object: leads
  keyField: tributary_lead_id
  write:
    - { to: hs_lead_name, from: deal.name, when: create }
`;
  const text = (await readFile(shipped, 'utf8')) + sections;
  const { mapping } = await fitOrg(
    crm.connector,
    crm.capabilities,
    parseMapping(text, 'hubspot.yaml', 'hubspot'),
  );
  const faults = mapping.faults.map(({ field }) => field);
  for (const field of [
    'tags.leadSource',
    'tags.campaign',
    'tags.recordType',
    'tags: account-team',
    'tags.partnerAccountId',
    'nobody@vendor.example',
    'lead',
  ])
    expect(faults).toContain(field);
  // The portal has the label and the person.
  expect([mapping.target, mapping.lead]).toEqual(['opportunity', undefined]);
  expect(faults).not.toContain('tags.partners');
  expect(faults).not.toContain('dan.okafor@vendor.example');
});
