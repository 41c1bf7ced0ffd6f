import {
  addressFields,
  auditFields,
  field,
  leadingFields,
  lookup,
  ownerField,
  picklist,
  READ_ONLY,
  text,
} from './field.ts';
import { object, type ObjectDefinition } from './object.ts';
import { LEAD_SOURCES } from './picklists.ts';

/** Contact. `Name` is put together from its parts; change events carry it as one compound field. */
export function contactObject(): ObjectDefinition {
  return object('Contact', 'Contact', 'Contacts', '003', fields(), { changeEvents: true });
}

function fields(): ObjectDefinition['fields'] {
  const named = (part: string) => ({ compound: { name: 'Name', part } });
  return [
    ...leadingFields(),
    lookup('MasterRecordId', 'Master Record ID', 'Contact', 'MasterRecord', undefined, {
      ...READ_ONLY,
      hiddenInEvents: true,
    }),
    lookup('AccountId', 'Account ID', 'Account', 'Account', 'Contacts'),
    text('LastName', 'Last Name', 80, { required: true, ...named('LastName') }),
    text('FirstName', 'First Name', 40, named('FirstName')),
    picklist('Salutation', 'Salutation', ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.'], {
      length: 40,
      ...named('Salutation'),
    }),
    text('Name', 'Full Name', 121, {
      nillable: false,
      nameField: true,
      indexed: true,
      hiddenInEvents: true,
      ...READ_ONLY,
    }),
    ...addressFields('Other', 'Other'),
    ...addressFields('Mailing', 'Mailing'),
    field('Phone', 'Business Phone', 'phone', { length: 40 }),
    field('Fax', 'Business Fax', 'phone', { length: 40 }),
    field('MobilePhone', 'Mobile Phone', 'phone', { length: 40 }),
    field('HomePhone', 'Home Phone', 'phone', { length: 40 }),
    lookup('ReportsToId', 'Reports To ID', 'Contact', 'ReportsTo', undefined),
    field('Email', 'Email', 'email', { length: 80 }),
    text('Title', 'Title', 128),
    text('Department', 'Department', 80),
    picklist('LeadSource', 'Lead Source', LEAD_SOURCES),
    field('Birthdate', 'Birthdate', 'date'),
    field('Description', 'Contact Description', 'textarea', { length: 32_000 }),
    ownerField(),
    field('HasOptedOutOfEmail', 'Email Opt Out', 'boolean'),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', { ...READ_ONLY, hiddenInEvents: true }),
  ];
}
