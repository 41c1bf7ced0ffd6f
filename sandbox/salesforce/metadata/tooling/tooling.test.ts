import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../../test/sandbox/salesforce-org.ts';

const BASE = '/services/data/v62.0/tooling';
let org: OpenOrg;
let conn: Connection;

beforeAll(async () => {
  org = await openOrg({ preset: 'fresh' });
  conn = await org.connect();
});
afterAll(() => org.close());

describe('the Tooling API', () => {
  it('makes fields and finds them as definitions, whoever may see their values', async () => {
    const made = await conn.tooling.sobject('CustomField').create({
      FullName: 'Opportunity.Region__c',
      Metadata: { label: 'Region', type: 'Text', length: 40, externalId: true, inlineHelpText: 'Where' },
    } as never);
    expect(made).toMatchObject({ success: true, id: expect.stringMatching(/^00N/) });
    const fields = await conn.tooling.query(
      "SELECT DeveloperName, TableEnumOrId, EntityDefinition.QualifiedApiName FROM CustomField WHERE DeveloperName = 'Region'",
    );
    expect(fields.records).toMatchObject([
      {
        DeveloperName: 'Region',
        TableEnumOrId: 'Opportunity',
        EntityDefinition: { QualifiedApiName: 'Opportunity' },
      },
    ]);
    const defined = await conn.tooling.query(
      "SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Opportunity' AND QualifiedApiName = 'Region__c'",
    );
    expect(defined.records).toMatchObject([{ DataType: 'Text(40) (External ID)' }]);
    await expect(conn.tooling.query('SELECT Id FROM FieldDefinition')).rejects.toThrow(
      'filter on a reified column',
    );
    const whole = await conn.tooling.query("SELECT Metadata FROM CustomField WHERE DeveloperName = 'Region'");
    expect(whole.records).toMatchObject([{ Metadata: { type: 'Text', length: 40 } }]);
    const entities = await conn.tooling.query(
      "SELECT KeyPrefix FROM EntityDefinition WHERE QualifiedApiName = 'Account'",
    );
    expect(entities.records).toMatchObject([{ KeyPrefix: '001' }]);
  });

  it('selects objects for change events and takes them back', async () => {
    const member = {
      FullName: 'ChangeEvents_OpportunityChangeEvent',
      Metadata: { eventChannel: 'ChangeEvents', selectedEntity: 'OpportunityChangeEvent' },
    };
    const made = await org.raw('POST', `${BASE}/sobjects/PlatformEventChannelMember`, { body: member });
    expect(made.status).toBe(201);
    const { id } = made.body as { id: string };
    const again = await org.raw('POST', `${BASE}/sobjects/PlatformEventChannelMember`, { body: member });
    expect(again).toMatchObject({ status: 400, body: [{ errorCode: 'DUPLICATE_VALUE' }] });
    const found = await conn.tooling.query(
      'SELECT Id, DeveloperName, EventChannel, SelectedEntity FROM PlatformEventChannelMember',
    );
    expect(found.records).toMatchObject([{ Id: id, SelectedEntity: 'OpportunityChangeEvent' }]);
    expect((await org.raw('GET', `${BASE}/sobjects/PlatformEventChannelMember/${id}`)).body).toMatchObject({
      Metadata: member.Metadata,
      attributes: { url: `${BASE}/sobjects/PlatformEventChannelMember/${id}` },
    });
    expect((await org.raw('DELETE', `${BASE}/sobjects/PlatformEventChannelMember/${id}`)).status).toBe(204);
    expect((await org.raw('GET', `${BASE}/sobjects/PlatformEventChannelMember/${id}`)).status).toBe(404);
    expect((await conn.tooling.query('SELECT Id FROM PlatformEventChannelMember')).totalSize).toBe(0);
  });
});
