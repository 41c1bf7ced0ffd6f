import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let conn: Connection;

beforeAll(async () => {
  org = await openOrg({ preset: 'fresh' });
  conn = await org.connect();
});
afterAll(() => org.close());

const field = (name: string, rest: Record<string, unknown> = {}) => ({
  fullName: name,
  label: 'A field',
  type: 'Text',
  length: 80,
  ...rest,
});

const sizeless = (name: string, rest: Record<string, unknown>) => ({
  fullName: name,
  label: 'A field',
  ...rest,
});

/** Creates fields and returns, for each, why it was refused. */
async function refusals(fields: Record<string, unknown>[]) {
  const results = await conn.metadata.create('CustomField', fields as never[]);
  return results.map(({ errors }) =>
    errors.map(({ statusCode, message }) => `${statusCode}: ${message}`).join(),
  );
}

describe('custom fields', () => {
  it('are refused one by one, each with the reason, and the good ones of the call are kept', async () => {
    const results = await conn.metadata.create('CustomField', [
      field('Opportunity.Good__c'),
      field('Opportunity.Good__c'),
      field('Nothing__c.Lost__c'),
    ] as never[]);
    expect(results).toMatchObject([
      { success: true, fullName: 'Opportunity.Good__c', errors: [] },
      {
        success: false,
        fullName: 'Opportunity.Good__c',
        errors: [
          {
            statusCode: 'DUPLICATE_DEVELOPER_NAME',
            message: 'There is already a field named Good on Opportunity.',
            fields: ['fullName'],
          },
        ],
      },
      { success: false, errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] },
    ]);
    expect(await conn.metadata.read('CustomField', 'opportunity.good__C')).toMatchObject({
      fullName: 'Opportunity.Good__c',
      label: 'A field',
      length: 80,
      type: 'Text',
    });
  });

  it('must fit their type', async () => {
    const noLabel = { fullName: 'Account.A__c', type: 'Date' };
    expect(
      await refusals([
        noLabel,
        sizeless('Account.A__c', { type: 'Text' }),
        field('Account.A__c', { length: 256 }),
        field('Account.A__c', { type: 'Date' }),
        field('Account.A__c', { type: 'LongTextArea', length: 100, visibleLines: 3 }),
        sizeless('Account.A__c', { type: 'Checkbox' }),
        sizeless('Account.A__c', { type: 'Number', precision: 19, scale: 0 }),
        sizeless('Account.A__c', { type: 'Number', precision: 5, scale: 6 }),
        sizeless('Account.A__c', { type: 'Wish' }),
        sizeless('Account.A__c', { type: 'MasterDetail' }),
      ]),
    ).toEqual([
      'FIELD_INTEGRITY_EXCEPTION: Must specify a non-empty label for the CustomField',
      "FIELD_INTEGRITY_EXCEPTION: Must specify 'length' for a CustomField of type Text",
      "FIELD_INTEGRITY_EXCEPTION: 'length' of a CustomField of type Text must be between 1 and 255",
      "FIELD_INTEGRITY_EXCEPTION: Can not specify 'length' for a CustomField of type Date",
      "FIELD_INTEGRITY_EXCEPTION: 'length' of a CustomField of type LongTextArea must be between 256 and 131072",
      "FIELD_INTEGRITY_EXCEPTION: Must specify 'defaultValue' for a CustomField of type Checkbox",
      "FIELD_INTEGRITY_EXCEPTION: 'precision' of a CustomField of type Number must be between 1 and 18",
      "FIELD_INTEGRITY_EXCEPTION: 'scale' of a CustomField of type Number must be between 0 and 5",
      "INVALID_TYPE: 'Wish' is not a valid value for the enum 'FieldType'",
      'UNKNOWN_EXCEPTION: sandbox: this org does not store fields of type MasterDetail',
    ]);
  });

  it('must have a name of their own, and lookups a parent and a name among its children', async () => {
    const lookup = (name: string, rest: Record<string, unknown>) =>
      sizeless(name, { type: 'Lookup', ...rest });
    expect(
      await refusals([
        field('Account.NoSuffix'),
        field('Account.Two__Parts__c'),
        field(`Account.${'L'.repeat(41)}__c`),
        lookup('Account.Up__c', { referenceTo: 'Nowhere__c', relationshipName: 'Ups' }),
        lookup('Account.Up__c', { referenceTo: 'Account', relationshipName: 'Ups' }),
        lookup('Contact.Up__c', { referenceTo: 'Account', relationshipName: 'Ups' }),
      ]),
    ).toEqual([
      'FIELD_INTEGRITY_EXCEPTION: fullName must end with: __c',
      expect.stringContaining('FIELD_INTEGRITY_EXCEPTION:'),
      expect.stringContaining('STRING_TOO_LONG:'),
      "FIELD_INTEGRITY_EXCEPTION: referenceTo value of 'Nowhere__c' does not resolve to a valid sObject type",
      '',
      'DUPLICATE_DEVELOPER_NAME: There is already a Child Relationship named Ups on Account.',
    ]);
  });

  it('are limited to ten a call, and refused as a whole when their author says what no field says', async () => {
    const eleven = Array.from({ length: 11 }, (_, at) => field(`Account.N${at}__c`));
    await expect(conn.metadata.create('CustomField', eleven as never[])).rejects.toThrow(
      'cannot submit more than 10 records in this operation',
    );
    await expect(
      conn.metadata.create('CustomField', [
        field('Account.Ok__c'),
        field('Account.B__c', { colour: 'red' }),
      ] as never[]),
    ).rejects.toThrow('colour invalid at this location in type CustomField');
    expect(await conn.metadata.read('CustomField', 'Account.Ok__c')).not.toHaveProperty('label');
    await expect(conn.metadata.read('Gadget' as never, 'x')).rejects.toThrow('Unknown type:Gadget');
  });

  it('keep their values when they are renamed and lose them when they are deleted', async () => {
    await conn.metadata.create('CustomField', field('Contact.Old__c') as never);
    await grant('Contact.Old__c');
    const contact = await conn.sobject('Contact').create({ LastName: 'A', Old__c: 'kept' });
    const renamed = await conn.metadata.rename('CustomField', 'Contact.Old__c', 'Contact.New__c');
    expect(renamed).toMatchObject({ success: true });
    expect(await conn.sobject('Contact').retrieve(contact.id ?? '')).toMatchObject({ New__c: 'kept' });
    expect(await conn.metadata.delete('CustomField', 'Contact.New__c')).toMatchObject({ success: true });
    await conn.metadata.create('CustomField', field('Contact.New__c') as never);
    await grant('Contact.New__c');
    expect(await conn.sobject('Contact').retrieve(contact.id ?? '')).toMatchObject({ New__c: null });
    expect(await conn.metadata.delete('CustomField', 'Contact.Gone__c')).toMatchObject({
      success: false,
      errors: [
        { statusCode: 'INVALID_CROSS_REFERENCE_KEY', message: 'no CustomField named Contact.Gone__c found' },
      ],
    });
  });

  it('become unique only while no two records share a value', async () => {
    await conn.metadata.create('CustomField', field('Account.Code__c') as never);
    await grant('Account.Code__c');
    await conn.sobject('Account').create([
      { Name: 'A', Code__c: 'x' },
      { Name: 'B', Code__c: 'X' },
    ]);
    const unique = field('Account.Code__c', { unique: true });
    expect(await conn.metadata.update('CustomField', unique as never)).toMatchObject({
      success: false,
      errors: [{ statusCode: 'FIELD_INTEGRITY_EXCEPTION' }],
    });
    await conn
      .sobject('Account')
      .destroy((await conn.sobject('Account').find({ Name: 'B' })).map((one) => String(one.Id)));
    expect(await conn.metadata.update('CustomField', unique as never)).toMatchObject({ success: true });
    await expect(conn.sobject('Account').create({ Name: 'C', Code__c: 'X' })).rejects.toThrow(
      'duplicate value found',
    );
  });
});

/** Lets the integration user read and write a field. */
async function grant(fullName: string): Promise<void> {
  const results = await conn.metadata.update('Profile', {
    fullName: 'Admin',
    fieldPermissions: [{ field: fullName, readable: true, editable: true }],
  } as never);
  expect(results).toMatchObject({ success: true });
}

describe('custom objects', () => {
  const object = {
    fullName: 'Registration__c',
    label: 'Registration',
    pluralLabel: 'Registrations',
    nameField: { type: 'AutoNumber', label: 'Number', displayFormat: 'R-{0000}' },
    deploymentStatus: 'Deployed',
    sharingModel: 'ReadWrite',
    fields: [{ fullName: 'Note__c', label: 'Note', type: 'Text', length: 20 }],
  };

  it('are there at once, with records, queries and a page, and can be renamed and deleted', async () => {
    expect(await conn.metadata.create('CustomObject', object as never)).toMatchObject({ success: true });
    await grant('Registration__c.Note__c');
    const made = await conn.sobject('Registration__c').create({ Note__c: 'first' });
    expect(made.id).toMatch(/^a0/);
    const found = await conn.query('SELECT Name, Note__c FROM Registration__c');
    expect(found.records).toMatchObject([{ Name: 'R-0001', Note__c: 'first' }]);
    expect(await conn.metadata.read('Layout', 'Registration__c-Registration Layout')).toMatchObject({
      fullName: 'Registration__c-Registration Layout',
    });

    expect(await conn.metadata.rename('CustomObject', 'Registration__c', 'Claim__c')).toMatchObject({
      success: true,
    });
    expect((await conn.query('SELECT Note__c FROM Claim__c')).records).toMatchObject([{ Note__c: 'first' }]);
    await expect(conn.query('SELECT Note__c FROM Registration__c')).rejects.toThrow('is not supported');

    const listed = await conn.metadata.list([{ type: 'CustomObject' }, { type: 'CustomField' }]);
    expect(listed.map((one) => one.fullName)).toEqual(
      expect.arrayContaining(['Claim__c', 'Claim__c.Note__c', 'Opportunity']),
    );
    expect(await conn.metadata.delete('CustomObject', 'Claim__c')).toMatchObject({ success: true });
    await expect(conn.query('SELECT Id FROM Claim__c')).rejects.toThrow('is not supported');
    expect((await conn.metadata.list({ type: 'CustomField' })).map((one) => one.fullName)).not.toContain(
      'Claim__c.Note__c',
    );
  });

  it('need a label and stay while others look them up', async () => {
    const nameless = { ...object, label: '' };
    expect(await conn.metadata.create('CustomObject', nameless as never)).toMatchObject({
      success: false,
      errors: [{ message: 'Must specify a non-empty label for the CustomObject' }],
    });
    await conn.metadata.create('CustomObject', { ...object, fields: [] } as never);
    await conn.metadata.create('CustomField', {
      fullName: 'Opportunity.Registration__c',
      label: 'Registration',
      type: 'Lookup',
      referenceTo: 'Registration__c',
    } as never);
    expect(await conn.metadata.delete('CustomObject', 'Registration__c')).toMatchObject({
      success: false,
      errors: [{ statusCode: 'DEPENDENCY_EXISTS' }],
    });
  });
});

describe('pages, record types, validation rules and selected entities', () => {
  it('refuse what is not there and keep the rest as said', async () => {
    const layout = await conn.metadata.read('Layout', 'Account-Account Layout');
    const column = { layoutItems: [{ behavior: 'Edit', field: 'Nothing__c' }] };
    const section = { label: 'X', style: 'OneColumn', layoutColumns: [column] };
    const withUnknown = { ...layout, layoutSections: [...layout.layoutSections, section] };
    expect(await conn.metadata.update('Layout', withUnknown as never)).toMatchObject({
      success: false,
      errors: [{ message: 'In field: field - no CustomField named Account.Nothing__c found' }],
    });
    expect(await conn.metadata.update('Layout', { ...layout, layoutSections: [] } as never)).toMatchObject({
      success: false,
      errors: [{ message: 'Layout must contain an item for required layout field: Name' }],
    });
  });

  it('gives records a type, with the picklist values it leaves', async () => {
    const type = {
      fullName: 'Account.Reseller',
      label: 'Reseller',
      active: true,
      picklistValues: [
        { picklist: 'Type', values: [{ fullName: 'Channel Partner %2F Reseller', default: true }] },
      ],
    };
    expect(await conn.metadata.create('RecordType', type as never)).toMatchObject({ success: true });
    const rows = await conn.query("SELECT Id FROM RecordType WHERE DeveloperName = 'Reseller'");
    const described = await conn.sobject('Account').describe();
    expect(described.recordTypeInfos.map((one) => one.name)).toContain('Reseller');
    const made = await conn.sobject('Account').create({ Name: 'R', RecordTypeId: rows.records[0]?.Id });
    expect(made.success).toBe(true);
    const broken = {
      ...type,
      fullName: 'Account.Broken',
      picklistValues: [{ picklist: 'Type', values: [{ fullName: 'No' }] }],
    };
    expect(await conn.metadata.create('RecordType', broken as never)).toMatchObject({
      success: false,
      errors: [{ message: 'Picklist value: No in picklist: Type not found' }],
    });
  });

  it('keeps validation rules as data', async () => {
    const rule = {
      fullName: 'Account.Named',
      active: true,
      errorConditionFormula: 'ISBLANK(Name)',
      errorMessage: 'Give it a name',
      errorDisplayField: 'Name',
    };
    expect(await conn.metadata.create('ValidationRule', rule as never)).toMatchObject({ success: true });
    expect(await conn.metadata.read('ValidationRule', 'Account.Named')).toEqual(rule);
  });

  it('publishes an object from the moment it is selected, five at most', async () => {
    const member = (object: string) => ({
      fullName: `ChangeEvents_${object}ChangeEvent`,
      eventChannel: 'ChangeEvents',
      selectedEntity: `${object}ChangeEvent`,
    });
    const wrong = [
      { ...member('Account'), selectedEntity: 'Account' },
      { ...member('Account'), eventChannel: '/data/ChangeEvents' },
    ];
    expect(await conn.metadata.create('PlatformEventChannelMember', wrong as never[])).toMatchObject([
      { errors: [{ message: 'invalid event in selectedEntity' }] },
      { errors: [{ message: 'Unable to find the specified channel' }] },
    ]);
    const six = ['Account', 'Contact', 'Opportunity', 'Lead', 'Campaign', 'Task'].map(member);
    const results = await conn.metadata.create('PlatformEventChannelMember', six as never[]);
    expect(results.map((one) => one.success)).toEqual([true, true, true, true, true, false]);
    expect(results[5]?.errors[0]?.statusCode).toBe('LIMIT_EXCEEDED');
    const again = await conn.metadata.create('PlatformEventChannelMember', member('Account') as never);
    expect(again).toMatchObject({ success: false, errors: [{ statusCode: 'DUPLICATE_VALUE' }] });
  });

  it('lists what only is to be seen, and describes all types', async () => {
    expect(await conn.metadata.list({ type: 'CustomTab' })).not.toEqual([]);
    expect(await conn.metadata.list({ type: 'ConnectedApp' })).toMatchObject([{ fullName: 'Tributary' }]);
    const described = await conn.metadata.describe();
    expect(described.metadataObjects.map((one) => one.xmlName)).toEqual(
      expect.arrayContaining([
        'CustomObject',
        'Layout',
        'PermissionSet',
        'PlatformEventChannelMember',
        'Profile',
      ]),
    );
  });

  it('refuses a session that is not in force in a way that lets clients refresh it', async () => {
    let refreshed = false;
    const token = await org.token();
    const stale = await org.connect();
    stale.accessToken = 'stale';
    stale._refreshDelegate = undefined as never;
    await expect(stale.metadata.list({ type: 'Layout' })).rejects.toThrow('INVALID_SESSION_ID');
    const { Connection: Jsforce } = await import('jsforce');
    const refreshing = new Jsforce({
      instanceUrl: org.sandbox.url,
      accessToken: 'stale',
      version: '62.0',
      refreshFn: (_conn, done) => {
        refreshed = true;
        done(null, token);
      },
    });
    expect(await refreshing.metadata.list({ type: 'Layout' })).not.toEqual([]);
    expect(refreshed).toBe(true);
  });
});
