import { describe, expect, it } from '@jest/globals';
import { header, listen, until } from '../../../test/sandbox/event-listeners.ts';
import { deal, openOrg } from '../../../test/sandbox/salesforce-org.ts';

describe('change events of an org that is being set up', () => {
  it('are told from the moment an object is selected, and carry a field made meanwhile under a new schema', async () => {
    const org = await openOrg({ preset: 'fresh' });
    const conn = await org.connect();
    const fields = { ...deal('a') };
    delete fields['Tributary_Deal_Id__c'];
    const made = await conn.sobject('Opportunity').create(fields);
    const silent = made.id ?? '';
    const member = 'ChangeEvents_OpportunityChangeEvent';
    await conn.metadata.create('PlatformEventChannelMember', {
      fullName: member,
      eventChannel: 'ChangeEvents',
      selectedEntity: 'OpportunityChangeEvent',
    } as never);
    const heard = await listen(org, { from: 'earliest' });
    await conn.sobject('Opportunity').update({ Id: silent, NextStep: 'call' });
    await until(() => heard.events.length === 1);
    expect(header(heard.events[0])).toMatchObject({ changeType: 'UPDATE', recordIds: [silent] });

    await conn.metadata.create('CustomField', {
      fullName: 'Opportunity.Region__c',
      label: 'Region',
      type: 'Text',
      length: 20,
    } as never);
    await conn.metadata.update('Profile', {
      fullName: 'Admin',
      fieldPermissions: [{ field: 'Opportunity.Region__c', readable: true, editable: true }],
    } as never);
    await conn.sobject('Opportunity').update({ Id: silent, Region__c: 'EMEA' } as never);
    await until(() => heard.events.length === 2);
    expect(heard.events[1]?.payload).toMatchObject({ Region__c: 'EMEA' });
    expect(heard.events[0]?.schemaId).toBeTruthy();
    expect(heard.events[1]?.schemaId).not.toBe(heard.events[0]?.schemaId);
    expect(header(heard.events[1])).toMatchObject({
      changedFields: expect.arrayContaining(['Region__c']) as unknown,
    });

    await conn.metadata.delete('PlatformEventChannelMember', member);
    await conn.sobject('Opportunity').update({ Id: silent, NextStep: 'nobody hears' });
    await conn.metadata.create('PlatformEventChannelMember', {
      fullName: member,
      eventChannel: 'ChangeEvents',
      selectedEntity: 'OpportunityChangeEvent',
    } as never);
    await conn.sobject('Opportunity').update({ Id: silent, NextStep: 'heard' });
    await until(() => heard.events.length === 3);
    expect(heard.events[2]?.payload).toMatchObject({ NextStep: 'heard' });
    heard.close();
    await org.close();
  });
});
