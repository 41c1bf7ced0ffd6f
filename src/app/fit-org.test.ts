import { afterAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { capabilities } from '../../connectors/salesforce/capabilities.ts';
import { demandField } from '../../test/salesforce/add-field.ts';
import { openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';
import { evaluateRows } from '../mapping/evaluate.ts';
import { parseMapping } from '../mapping/load.ts';
import { fitOrg, type FittedOrg } from './fit-org.ts';

const shipped = await readFile(new URL('../../mappings/salesforce/mapping.yaml', import.meta.url), 'utf8');
const orgs: TestOrg[] = [];
afterAll(async () => {
  for (const org of orgs) await org.close();
});

async function open(options: Parameters<typeof openOrg>[0] = {}): Promise<TestOrg> {
  const org = await openOrg(options);
  orgs.push(org);
  return org;
}

/** The shipped mapping with sections below it, and rows of the deal changed, fitted to an org. */
async function fit(org: TestOrg, sections = '', dealRows: readonly string[] = []): Promise<FittedOrg> {
  const rows = dealRows.map((row) => `    - ${row}\n`).join('');
  const text = shipped.replace('  read:\n', `${rows}  read:\n`);
  return fitOrg(
    org.connector,
    capabilities,
    parseMapping(`${text}\n${sections}`, 'salesforce.yaml', 'salesforce'),
  );
}

async function faults(...args: Parameters<typeof fit>): Promise<string[]> {
  const { mapping } = await fit(...args);
  return mapping.faults.map(({ object, field, problem }) => `${object}.${field}: ${problem}`);
}

describe('a mapping with tags', () => {
  it('becomes rows with the records that bear the names', async () => {
    const org = await open({ preset: 'record-types' });
    const [north = '', general = ''] = await org.seed(
      'Campaign',
      { Name: 'North in autumn' },
      { Name: 'Partner Referrals' },
    );
    const { mapping } = await fit(
      org,
      `tags:
  leadSource: { value: Partner }
  recordType: { name: Partner }
  campaign: { name: Partner Referrals, byPartner: { north: North in autumn } }`,
    );
    expect(mapping.faults).toEqual([]);
    const fieldsOf = (key: string) =>
      evaluateRows(mapping.deal.write, { 'partner.key': key, 'stage.open': 'Prospecting' }, true);
    const types = await org.records('RecordType');
    const partnerType = types.find(
      (type) => type['SobjectType'] === 'Opportunity' && type['DeveloperName'] === 'Partner',
    );
    expect(fieldsOf('south')).toMatchObject({
      CampaignId: general,
      LeadSource: 'Partner',
      RecordTypeId: partnerType?.['Id'],
    });
    expect(fieldsOf('north')).toMatchObject({ CampaignId: north });
    expect(evaluateRows(mapping.deal.write, { 'partner.key': 'north' }, false)).not.toHaveProperty(
      'CampaignId',
    );
  });

  it('costs no call when it names nothing', async () => {
    const org = await open();
    await org.connector.stages(within());
    await org.forget();
    await fit(org);
    expect(
      Object.keys(await org.calls()).filter((call) => call.includes('ui-api') || call === 'GET /sobjects'),
    ).toEqual([]);
  });

  it('names each campaign, user and record type that is not there, and a name that two bear', async () => {
    const org = await open({ preset: 'record-types' });
    await org.seed('Campaign', { Name: 'Twice' }, { Name: 'Twice' });
    expect(
      await faults(
        org,
        `tags:
  recordType: { name: Channel }
  campaign: { name: Twice, byPartner: { north: Nowhere } }
  dealTeam: { user: nobody@example.com }`,
      ),
    ).toEqual([
      'Opportunity.record type: there is no record type "Channel"; there are: Direct, Partner',
      'campaign.Twice: 2 campaigns are named "Twice": rename all but one',
      'campaign.Nowhere: there is no campaign named "Nowhere" that our user can see',
      'user.nobody@example.com: there is no user with this user name',
    ]);
  });

  it('says which licence or switch is missing before the first deal', async () => {
    const org = await open();
    const found = await faults(
      org,
      `tags:
  accountTeam: { user: ${org.sandbox.credentials.username} }
  partnerAccountId: check`,
    );
    expect(found).toEqual([
      expect.stringContaining(
        'AccountTeamMember.*: this org has no such object for our user to write, which tags.accountTeam',
      ),
      expect.stringContaining('Opportunity.PartnerAccountId: exists only with the partner community licence'),
    ]);
  });

  it('refuses a role that the org does not offer', async () => {
    const org = await open();
    expect(await faults(org, 'tags: { partners: { role: Matchmaker } }')).toEqual([
      'Partner.Role: "Matchmaker" is not among the roles this org offers',
    ]);
  });

  it('is refused when it holds a record id, which would be another record in the next org', () => {
    const withId = `${shipped}\ntags: { campaign: { name: 701000000000001AAA } }`;
    expect(() => parseMapping(withId, 'salesforce.yaml', 'salesforce')).toThrow(
      'tags.campaign.name: looks like a record id: give the name',
    );
  });
});

describe('an org with record types', () => {
  it('names the value that the chosen record type does not offer', async () => {
    const org = await open({ preset: 'record-types' });
    const rows = ['{ to: StageName, value: Needs Analysis, when: create }'];
    expect(await faults(org, 'tags: { recordType: { name: Partner } }', rows)).toEqual([
      'Opportunity.StageName: the record type "Partner" does not offer "Needs Analysis": add it there, send another value, or choose another record type',
    ]);
    expect(await faults(org, '', rows)).toEqual([]);
  });

  it('begins a deal in the first open stage that the record type offers', async () => {
    const org = await open({ preset: 'record-types' });
    const { openStages } = await fit(org, 'tags: { recordType: { name: Partner } }');
    expect(openStages.map(({ id }) => id)).toEqual([
      'Prospecting',
      'Qualification',
      'Proposal/Price Quote',
      'Negotiation/Review',
    ]);
  });
});

describe('a field that the org demands', () => {
  it('is named when no row fills it; a row with a fixed value is enough', async () => {
    const org = await open();
    await demandField(org, 'Opportunity.Sales_Region__c');
    expect(await faults(org)).toEqual([
      expect.stringContaining(
        'Opportunity.Sales_Region__c: this org demands a value on every new record, and no row of the mapping gives one',
      ),
    ]);
    expect(await faults(org, '', ['{ to: Sales_Region__c, value: EMEA, when: create }'])).toEqual([]);
  });
});
