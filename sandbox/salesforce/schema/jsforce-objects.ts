import { text } from './field.ts';
import type { ObjectDefinition } from './object.ts';
import { autoNumberName, customObject } from './parse-objects.ts';

/** The custom objects that jsforce's own tests expect of an org. */
export function jsforceObjects(): ObjectDefinition[] {
  const name = text('Name', 'Name', 80, { nameField: true, indexed: true, defaultedOnCreate: true });
  const upsertTable = customObject('UpsertTable__c', 'UpsertTable', 'a00', name);
  upsertTable.fields.push(text('ExtId__c', 'ExtId', 50, { externalId: true }));
  return [upsertTable, customObject('BigTable__c', 'BigTable', 'a01', autoNumberName('#', '{00000000}'))];
}
