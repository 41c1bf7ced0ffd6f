import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectDefinition } from '../schema/object.ts';

// What hangs on another record is governed by the rights on that record's object.
const GOVERNED_BY: Readonly<Record<string, string>> = {
  AccountPartner: 'Account',
  CampaignMember: 'Campaign',
  OpportunityContactRole: 'Opportunity',
  OpportunityHistory: 'Opportunity',
  OpportunityLineItem: 'Opportunity',
  OpportunityPartner: 'Opportunity',
  OpportunityTeamMember: 'Opportunity',
  AccountTeamMember: 'Account',
  PricebookEntry: 'Pricebook2',
};

const STANDARD = new Set(['Account', 'Campaign', 'Contact', 'Lead', 'Opportunity', 'Pricebook2', 'Product2']);

/** The object whose permissions decide about this one; undefined for objects that everybody may use. */
export function governingObject(definition: ObjectDefinition): string | undefined {
  const { name } = definition;
  if (STANDARD.has(name) || name.endsWith('__c')) return name;
  return GOVERNED_BY[name];
}

/** Whether permissions are given for the object itself. */
export function hasObjectPermissions(definition: ObjectDefinition): boolean {
  return governingObject(definition) === definition.name;
}

const ALWAYS_VISIBLE = new Set(['Id', 'CurrencyIsoCode', 'RecordTypeId']);

/**
 * Whether field-level security can be set for a field. Required and system fields are visible to
 * whoever may see the object: "You cannot deploy to a required field".
 */
export function isPermissionable(definition: ObjectDefinition, field: FieldDefinition): boolean {
  if (governingObject(definition) === undefined || field.required || field.nameField) return false;
  if (field.permissionable !== undefined) return field.permissionable;
  if (field.custom) return true;
  return field.createable && (field.nillable || field.type === 'boolean') && !ALWAYS_VISIBLE.has(field.name);
}
