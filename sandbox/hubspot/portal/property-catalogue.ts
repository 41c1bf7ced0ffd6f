import { COMPANY, CONTACT, DEAL, LINE_ITEM, NOTE, type TypeId } from './object-types.ts';
import { defineProperty, optionsOf, yesNo, type Property, type PropertySpec } from './property.ts';

/** Set by HubSpot on every record; `hs_object_source*` say who created it (facts: Pipelines/deals [R]). */
const EVERY_RECORD: PropertySpec[] = [
  { name: 'hs_object_id', type: 'number', readOnly: true, label: 'Record ID' },
  { name: 'hs_createdate', type: 'datetime', readOnly: true, label: 'Object create date/time' },
  { name: 'hs_lastmodifieddate', type: 'datetime', readOnly: true, label: 'Last Modified Date' },
  { name: 'hs_object_source', type: 'string', readOnly: true, label: 'Record creation source' },
  { name: 'hs_object_source_id', type: 'string', readOnly: true, label: 'Record creation source ID' },
  { name: 'hs_object_source_label', type: 'string', readOnly: true, label: 'Record source' },
  { name: 'hs_merged_object_ids', type: 'string', readOnly: true, label: 'Merged record IDs' },
  { name: 'createdate', type: 'datetime', label: 'Create Date' },
  { name: 'hubspot_owner_id', type: 'enumeration', externalOptions: true, label: 'Owner' },
];

const DEALS: PropertySpec[] = [
  { name: 'dealname', type: 'string', label: 'Deal Name' },
  { name: 'amount', type: 'number', label: 'Amount' },
  { name: 'deal_currency_code', type: 'enumeration', externalOptions: true, label: 'Currency' },
  { name: 'closedate', type: 'datetime', label: 'Close Date' },
  { name: 'pipeline', type: 'enumeration', externalOptions: true, label: 'Pipeline' },
  { name: 'dealstage', type: 'enumeration', fieldType: 'radio', externalOptions: true, label: 'Deal Stage' },
  {
    name: 'dealtype',
    type: 'enumeration',
    fieldType: 'radio',
    options: optionsOf(['newbusiness', 'existingbusiness']),
    label: 'Deal Type',
  },
  { name: 'description', type: 'string', fieldType: 'textarea', label: 'Deal Description' },
  { name: 'hs_next_step', type: 'string', label: 'Next step' },
  { name: 'hs_priority', type: 'enumeration', options: optionsOf(['low', 'medium', 'high']) },
  { name: 'closed_lost_reason', type: 'string', fieldType: 'textarea', label: 'Closed Lost Reason' },
  { name: 'closed_won_reason', type: 'string', fieldType: 'textarea', label: 'Closed Won Reason' },
  { name: 'hs_is_closed', type: 'bool', readOnly: true, options: yesNo() },
  { name: 'hs_is_closed_won', type: 'bool', readOnly: true, options: yesNo() },
  { name: 'hs_is_closed_lost', type: 'bool', readOnly: true, options: yesNo() },
  { name: 'hs_deal_stage_probability', type: 'number', readOnly: true, label: 'Deal probability' },
];

const COMPANIES: PropertySpec[] = [
  ...['name', 'domain', 'website', 'industry', 'address', 'city', 'state', 'zip', 'country'].map(
    (name): PropertySpec => ({ name, type: 'string' }),
  ),
  { name: 'description', type: 'string', fieldType: 'textarea' },
  { name: 'phone', type: 'string', fieldType: 'phonenumber', label: 'Phone Number' },
  { name: 'numberofemployees', type: 'number' },
  { name: 'annualrevenue', type: 'number' },
];

/** E-mail is the one property of contacts that HubSpot itself keeps unique. */
const CONTACTS: PropertySpec[] = [
  { name: 'email', type: 'string', hasUniqueValue: true, label: 'Email' },
  { name: 'phone', type: 'string', fieldType: 'phonenumber', label: 'Phone Number' },
  { name: 'lastmodifieddate', type: 'datetime', readOnly: true, label: 'Last Modified Date' },
  ...['firstname', 'lastname', 'jobtitle', 'company', 'website', 'mobilephone', 'city', 'country'].map(
    (name): PropertySpec => ({ name, type: 'string' }),
  ),
  {
    name: 'lifecyclestage',
    type: 'enumeration',
    options: optionsOf(['subscriber', 'lead', 'opportunity', 'customer']),
  },
];

const LINE_ITEMS: PropertySpec[] = [
  { name: 'name', type: 'string', label: 'Name' },
  { name: 'description', type: 'string', fieldType: 'textarea' },
  { name: 'quantity', type: 'number', label: 'Quantity' },
  { name: 'price', type: 'number', label: 'Unit price' },
  { name: 'discount', type: 'number', label: 'Unit discount' },
  { name: 'hs_discount_percentage', type: 'number', label: 'Discount percentage' },
  { name: 'amount', type: 'number', readOnly: true, label: 'Net price' },
  { name: 'hs_sku', type: 'string', label: 'SKU' },
  { name: 'hs_product_id', type: 'number', label: 'Product ID' },
  { name: 'hs_line_item_currency_code', type: 'enumeration', externalOptions: true, label: 'Currency' },
  {
    name: 'recurringbillingfrequency',
    type: 'enumeration',
    options: optionsOf(['weekly', 'biweekly', 'monthly', 'quarterly', 'per_six_months', 'annually']),
    label: 'Billing frequency',
  },
  { name: 'hs_recurring_billing_period', type: 'string', label: 'Term' },
  { name: 'hs_recurring_billing_start_date', type: 'date', label: 'Billing start date' },
];

const NOTES: PropertySpec[] = [
  { name: 'hs_timestamp', type: 'datetime', label: 'Activity date' },
  { name: 'hs_note_body', type: 'string', fieldType: 'html', label: 'Note body' },
  { name: 'hs_attachment_ids', type: 'string', label: 'Attached file IDs' },
];

const OWN: Record<TypeId, { group: string; properties: PropertySpec[] }> = {
  [CONTACT.id]: { group: 'contactinformation', properties: CONTACTS },
  [COMPANY.id]: { group: 'companyinformation', properties: COMPANIES },
  [DEAL.id]: { group: 'dealinformation', properties: DEALS },
  [LINE_ITEM.id]: { group: 'lineiteminformation', properties: LINE_ITEMS },
  [NOTE.id]: { group: 'note', properties: NOTES },
} as Record<TypeId, { group: string; properties: PropertySpec[] }>;

/** The group in which HubSpot shows a type's own properties. */
export function defaultGroup(type: TypeId): string {
  return OWN[type].group;
}

/** The standard properties of an object type, by name. */
export function standardProperties(type: TypeId, at: string): Map<string, Property> {
  const { group, properties } = OWN[type];
  const all = [...EVERY_RECORD, ...properties].map((spec) =>
    defineProperty({ ...spec, hubspotDefined: true, groupName: group }, at),
  );
  return new Map(all.map((property) => [property.name, property]));
}
