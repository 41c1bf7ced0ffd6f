import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { RecordRules } from './contract.ts';
import { recordTypeOf } from './record-type-rules.ts';

const NAME_PARTS = ['FirstName', 'LastName', 'Salutation'];

/**
 * In an org with person accounts the record type decides whether an account is a person: then its name is put together
 * from its parts, and a contact that mirrors it exists beside it (facts 1.9).
 * Provoked by (preset `person-accounts`): `Name` of a person account, or a person's fields on a business account:
 * INVALID_FIELD_FOR_INSERT_UPDATE.
 */
export const accountRules: RecordRules = {
  requiredOnCreate(org, values) {
    return isPerson(org, values, undefined) ? ['LastName'] : undefined;
  },
  derive(org, values, before) {
    if (!hasPersonAccounts(org)) return;
    const person = isPerson(org, values, before);
    refuseFieldsOfTheOtherKind(org, values, person);
    values['IsPersonAccount'] = person;
    if (person) values['Name'] = fullName(values, before);
  },
  followUp(org, transaction, after) {
    if (!hasPersonAccounts(org) || after['IsPersonAccount'] !== true) return;
    const contacts = org.table('Contact');
    const known = contacts.get(String(after['PersonContactId']));
    const values = contactValues(org, after);
    if (known !== undefined) {
      const differs = Object.keys(values).some((name) => (known[name] ?? null) !== values[name]);
      if (differs)
        transaction.write({ type: contacts.type, op: 'update', before: known, values, automation: true });
      return;
    }
    const contact = transaction.write({ type: contacts.type, op: 'create', values, automation: true });
    const { type } = org.table('Account');
    const link = { PersonContactId: contact['Id'] as string };
    transaction.write({ type, op: 'update', before: after, values: link, automation: true });
  },
};

function hasPersonAccounts(org: Org): boolean {
  return org.table('Account').type.field('IsPersonAccount') !== undefined;
}

function isPerson(org: Org, values: Values, before: Row | undefined): boolean {
  const id = values['RecordTypeId'] === undefined ? before?.['RecordTypeId'] : values['RecordTypeId'];
  return recordTypeOf(org, 'Account', id)?.personType === true;
}

function refuseFieldsOfTheOtherKind(org: Org, values: Values, person: boolean): void {
  const { type } = org.table('Account');
  const isPersons = (name: string) =>
    NAME_PARTS.includes(name) || (name.startsWith('Person') && type.field(name)?.custom === false);
  const wrong = Object.keys(values).filter((name) =>
    // Defaults of check boxes were not written by anyone.
    person ? name === 'Name' : isPersons(name) && values[name] !== null && values[name] !== false,
  );
  if (wrong.length === 0) return;
  throw new DmlError(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Account: bad field names on insert/update call: ${wrong.join(', ')}`,
    wrong,
  );
}

function fullName(values: Values, before: Row | undefined): string {
  const part = (name: string) => (values[name] === undefined ? before?.[name] : values[name]) ?? '';
  return `${String(part('FirstName'))} ${String(part('LastName'))}`.trim();
}

function contactValues(org: Org, account: Row): Values {
  const { type } = org.table('Contact');
  const values: Values = {
    AccountId: account['Id'] as string,
    Name: account['Name'] as string,
    IsPersonAccount: true,
    OwnerId: account['OwnerId'] ?? null,
  };
  for (const name of NAME_PARTS) values[name] = account[name] ?? null;
  for (const { name } of org.table('Account').type.fields) {
    const own =
      name.startsWith('Person') && name !== 'PersonContactId' ? type.field(name.slice(6)) : undefined;
    if (own !== undefined && account[name] !== undefined) values[own.name] = account[name];
  }
  return values;
}
