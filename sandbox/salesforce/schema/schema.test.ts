import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import { buildPreset, PRESETS } from './presets.ts';
import { readOverlay } from './schema-overlay.ts';

type Item = Record<string, unknown>;

const DATA = '/services/data/v42.0';

describe('the org of the recordings', () => {
  let org: OpenOrg;
  beforeAll(async () => {
    org = await openOrg({ preset: 'recorded' });
  });
  afterAll(() => org.close());

  const create = async (object: string, body: Item): Promise<string> => {
    const answer = await org.raw('POST', `${DATA}/sobjects/${object}`, { body });
    expect(answer).toMatchObject({ status: 201 });
    return (answer.body as { id: string }).id;
  };
  const read = async (object: string, id: string): Promise<Item> =>
    (await org.raw('GET', `${DATA}/sobjects/${object}/${id}`)).body as Item;

  it('gives the address of a record as one compound, null while it has no part', async () => {
    const bare = await read('Account', await create('Account', { Name: 'Nowhere' }));
    expect(bare).toMatchObject({ BillingAddress: null, ShippingAddress: null });
    const id = await create('Account', { Name: 'Somewhere', BillingCity: 'Kiel', BillingCountry: 'Germany' });
    expect((await read('Account', id))['BillingAddress']).toEqual({
      city: 'Kiel',
      country: 'Germany',
      geocodeAccuracy: null,
      latitude: null,
      longitude: null,
      postalCode: null,
      state: null,
      street: null,
    });
    const soql = encodeURIComponent(`SELECT BillingAddress FROM Account WHERE Id = '${id}'`);
    expect((await org.raw('GET', `${DATA}/query?q=${soql}`)).body).toMatchObject({
      records: [{ BillingAddress: { city: 'Kiel', street: null } }],
    });
    const written = await org.raw('PATCH', `${DATA}/sobjects/Account/${id}`, {
      body: { BillingAddress: {} },
    });
    expect(written.status).toBe(400);
  });

  it('fills in what the platform fills in for a lead, and puts its name together', async () => {
    const id = await create('Lead', { FirstName: 'Ada', LastName: 'Jih', Company: 'JihCorp' });
    expect(await read('Lead', id)).toMatchObject({
      Name: 'Ada Jih',
      Status: 'Open - Not Contacted',
      CleanStatus: 'Pending',
      IsConverted: false,
      IsUnreadByOwner: true,
      PhotoUrl: `/services/images/photo/${id}`,
      LastViewedDate: expect.any(String),
    });
  });

  it('answers the assignment that is there when a topic is assigned twice', async () => {
    const TopicId = await create('Topic', { Name: 'High value' });
    const EntityId = await create('Contact', { LastName: 'Smith' });
    const first = await create('TopicAssignment', { TopicId, EntityId });
    expect(await create('TopicAssignment', { TopicId, EntityId })).toBe(first);
    expect(await read('TopicAssignment', first)).toMatchObject({
      EntityType: 'Contact',
      EntityKeyPrefix: '003',
    });
  });

  it('shows of a campaign member what its lead is called', async () => {
    const CampaignId = await create('Campaign', { Name: 'Fair' });
    const LeadId = await create('Lead', { LastName: 'Jih', Company: 'JihCorp' });
    const member = await read('CampaignMember', await create('CampaignMember', { CampaignId, LeadId }));
    expect(member).toMatchObject({
      Type: 'Lead',
      Name: 'Jih',
      CompanyOrAccount: 'JihCorp',
      LeadOrContactId: LeadId,
      Status: 'Sent',
      HasResponded: false,
    });
  });

  it.each([
    'Lead',
    'Campaign',
    'CampaignMember',
    'Topic',
    'TopicAssignment',
    'Opportunity',
    'Product2',
    'Task',
  ])('describes %s in the keys of a recorded describe, and every field of its records', async (object) => {
    const [own, account] = await Promise.all(
      [object, 'Account'].map(
        async (one) => (await org.raw('GET', `${DATA}/sobjects/${one}/describe`)).body as Item,
      ),
    );
    expect(Object.keys(own ?? {})).toEqual(Object.keys(account ?? {}));
    const fields = (one: Item | undefined) => one?.['fields'] as Item[];
    for (const field of fields(own))
      expect(Object.keys(field)).toEqual(Object.keys(fields(account)[0] ?? {}));
  });

  it('names no developer name of record types before version 43, and no field before it came', async () => {
    const at = async (version: string) =>
      (await org.raw('GET', `/services/data/v${version}/sobjects/Opportunity/describe`)).body as {
        recordTypeInfos: Item[];
        fields: { name: string }[];
      };
    const [old, young] = [await at('42.0'), await at('62.0')];
    expect(old.recordTypeInfos[0]).not.toHaveProperty('developerName');
    expect(young.recordTypeInfos[0]).toHaveProperty('developerName', 'Master');
    expect(old.fields.map((one) => one.name)).not.toContain('PushCount');
    expect(young.fields.map((one) => one.name)).toContain('PushCount');
  });

  it('lists its objects by name', async () => {
    const { sobjects } = (await org.raw('GET', `${DATA}/sobjects`)).body as { sobjects: { name: string }[] };
    const names = sobjects.map((one) => one.name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(
      expect.arrayContaining([
        'Campaign',
        'Lead',
        'OpportunityLineItem',
        'Profile',
        'RecordType',
        'Topic',
        'User',
      ]),
    );
  });
});

describe('the preset jsforce', () => {
  it('has a numbered table of 25,005 rows, an external id that need not be unique, and sample accounts', async () => {
    const org = await openOrg({ preset: 'jsforce' });
    try {
      const connection = await org.connect();
      const big = await connection.query('SELECT Name FROM BigTable__c ORDER BY Name DESC LIMIT 1');
      expect(big.records[0]?.['Name']).toBe('00025005');
      expect((await connection.query('SELECT COUNT() FROM BigTable__c')).totalSize).toBe(25_005);
      const next = await connection.sobject('BigTable__c').create({});
      expect(await connection.sobject('BigTable__c').retrieve(String(next.id))).toMatchObject({
        Name: '00025006',
      });
      const twice = [1, 2].map((n) => ({ Name: `row ${n}`, ExtId__c: 'same' }));
      for (const row of twice)
        expect(await connection.sobject('UpsertTable__c').create(row)).toMatchObject({ success: true });
      const accounts = await connection.query(
        'SELECT Id, (SELECT Id FROM Contacts), (SELECT Id FROM Opportunities) FROM Account LIMIT 1',
      );
      expect(accounts.records[0]).toMatchObject({
        Contacts: { totalSize: 3 },
        Opportunities: { totalSize: 3 },
      });
    } finally {
      await org.close();
    }
  });
});

describe('a schema given at the start', () => {
  const described = {
    name: 'Deal__c',
    label: 'Deal',
    labelPlural: 'Deals',
    keyPrefix: 'a0D',
    fields: [
      {
        name: 'Id',
        label: 'Record ID',
        type: 'id',
        length: 18,
        nillable: false,
        createable: false,
        updateable: false,
      },
      {
        name: 'Name',
        label: 'Name',
        type: 'string',
        length: 80,
        nillable: false,
        createable: true,
        updateable: true,
      },
      {
        name: 'Level__c',
        label: 'Level',
        type: 'picklist',
        length: 255,
        nillable: true,
        createable: true,
        updateable: true,
        restrictedPicklist: true,
        picklistValues: [{ value: 'Gold', active: true }],
      },
      {
        name: 'Account__c',
        label: 'Account',
        type: 'reference',
        length: 18,
        nillable: true,
        createable: true,
        updateable: true,
        referenceTo: ['Account'],
        relationshipName: 'Account__r',
      },
    ],
  };

  it('adds an object from its describe, with its limits', async () => {
    const org = await openOrg({ schema: described });
    try {
      const path = '/services/data/v62.0/sobjects/Deal__c';
      expect(await org.raw('POST', path, { body: { Name: 'One', Level__c: 'Gold' } })).toMatchObject({
        status: 201,
      });
      expect(await org.raw('POST', path, { body: { Name: 'One', Level__c: 'Tin' } })).toMatchObject({
        status: 400,
        body: [{ errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST' }],
      });
      expect(await org.raw('POST', path, { body: {} })).toMatchObject({
        body: [{ errorCode: 'REQUIRED_FIELD_MISSING', fields: ['Name'] }],
      });
    } finally {
      await org.close();
    }
  });

  it('is taken from the sandbox’s own describes without loss', async () => {
    const model = await openOrg({ preset: 'recorded' });
    const path = `${DATA}/sobjects/Contact/describe`;
    const real = (await model.raw('GET', path)).body as Item;
    await model.close();
    const org = await openOrg({ preset: 'single-currency', schema: [real] });
    const { fields } = (await org.raw('GET', path)).body as Item;
    await org.close();
    expect(fields).toEqual(real['fields']);
  });

  it('switches on objects of a feature, replaces the stages and removes custom fields', () => {
    const stages = [
      { name: 'Signed', probability: 100, closed: true, won: true, forecastCategory: 'Closed' },
      { name: 'Open', probability: 5, closed: false, won: false, forecastCategory: 'Pipeline' },
    ];
    const overlay = readOverlay({
      enable: ['Territory2'],
      stages,
      remove: ['Account.Tributary_Account_Key__c'],
    });
    const { schema } = buildPreset('default', overlay);
    expect(schema.object('Territory2')?.name).toBe('Territory2');
    expect(schema.object('AccountTeamMember')).toBeUndefined();
    expect(schema.object('Opportunity')?.field('StageName')?.picklist).toEqual(['Signed', 'Open']);
    expect(schema.object('Account')?.field('Tributary_Account_Key__c')).toBeUndefined();
  });

  it('is refused when it is none, or removes what is not there', () => {
    expect(() => readOverlay({ name: 'Deal__c' })).toThrow('not understood');
    expect(() => buildPreset('default', readOverlay({ remove: ['Account.Nothing__c'] }))).toThrow(
      'Account.Nothing__c',
    );
  });
});

describe('the presets', () => {
  it.each(PRESETS)('%s refers only to relationships whose children have the field', (name) => {
    const { schema } = buildPreset(name);
    for (const type of schema.objects) {
      const names = type.fields.map((field) => field.name);
      expect([type.name, names.length]).toEqual([type.name, new Set(names).size]);
      for (const child of type.children)
        expect(schema.object(child.object)?.field(child.field.name)).toBe(child.field);
    }
  });
});
