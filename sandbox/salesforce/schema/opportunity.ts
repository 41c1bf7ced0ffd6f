import {
  auditFields,
  field,
  leadingFields,
  lookup,
  ownerField,
  picklist,
  READ_ONLY,
  text,
  number,
} from './field.ts';
import { object, PLATFORM_ONLY, type ObjectDefinition } from './object.ts';
import {
  CONTACT_ROLES,
  FORECAST_CATEGORIES,
  FORECAST_CATEGORY_NAMES,
  LEAD_SOURCES,
  OPPORTUNITY_TYPES,
} from './picklists.ts';
import type { Stage } from './stages.ts';

/** Opportunity. Stage names are the org's own: only these are accepted. */
export function opportunityObject(stages: readonly Stage[]): ObjectDefinition {
  return object('Opportunity', 'Opportunity', 'Opportunities', '006', opportunityFields(stages), {
    changeEvents: true,
  });
}

function opportunityFields(stages: readonly Stage[]): ObjectDefinition['fields'] {
  const derived = { nillable: false, defaultedOnCreate: true, ...READ_ONLY };
  return [
    ...leadingFields(),
    lookup('AccountId', 'Account ID', 'Account', 'Account', 'Opportunities'),
    field('IsPrivate', 'Private', 'boolean'),
    text('Name', 'Name', 120, { required: true, nameField: true, indexed: true }),
    field('Description', 'Description', 'textarea', { length: 32_000 }),
    picklist(
      'StageName',
      'Stage',
      stages.map((stage) => stage.name),
      { required: true, restricted: true },
    ),
    field('Amount', 'Amount', 'currency', { precision: 18, scale: 2 }),
    field('Probability', 'Probability (%)', 'percent', { precision: 3, scale: 0, defaultedOnCreate: true }),
    field('ExpectedRevenue', 'Expected Amount', 'currency', {
      precision: 18,
      scale: 2,
      calculated: true,
      ...READ_ONLY,
    }),
    number('TotalOpportunityQuantity', 'Quantity', 18, 2),
    field('CloseDate', 'Close Date', 'date', { required: true }),
    picklist('Type', 'Opportunity Type', OPPORTUNITY_TYPES),
    text('NextStep', 'Next Step', 255),
    picklist('LeadSource', 'Lead Source', LEAD_SOURCES),
    field('IsClosed', 'Closed', 'boolean', { ...derived }),
    field('IsWon', 'Won', 'boolean', { ...derived }),
    picklist('ForecastCategory', 'Forecast Category', FORECAST_CATEGORIES, {
      ...derived,
      length: 40,
      restricted: true,
    }),
    picklist('ForecastCategoryName', 'Forecast Category', FORECAST_CATEGORY_NAMES, {
      defaultedOnCreate: true,
      restricted: true,
    }),
    field('HasOpportunityLineItem', 'Has Line Item', 'boolean', { ...READ_ONLY }),
    ownerField(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', { ...READ_ONLY, hiddenInEvents: true }),
    field('LastStageChangeDate', 'Last Stage Change Date', 'datetime', {
      ...READ_ONLY,
      hiddenInEvents: true,
    }),
    field('FiscalQuarter', 'Fiscal Quarter', 'int', { ...READ_ONLY, hiddenInEvents: true }),
    field('FiscalYear', 'Fiscal Year', 'int', { ...READ_ONLY, hiddenInEvents: true }),
    text('Fiscal', 'Fiscal Period', 6, { ...READ_ONLY, hiddenInEvents: true }),
    lookup('ContactId', 'Contact ID', 'Contact', 'Contact', undefined, { updateable: false }),
  ];
}

/** What an opportunity looked like after each change of stage, amount, probability or close date. */
export function opportunityHistoryObject(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    lookup('OpportunityId', 'Opportunity ID', 'Opportunity', 'Opportunity', 'OpportunityHistories', {
      nillable: false,
      ...READ_ONLY,
    }),
    lookup('CreatedById', 'Created By ID', 'User', 'CreatedBy', undefined, {
      nillable: false,
      indexed: false,
      ...READ_ONLY,
    }),
    field('CreatedDate', 'Created Date', 'datetime', { nillable: false, ...READ_ONLY }),
    picklist('StageName', 'To Stage Name', [], READ_ONLY),
    field('Amount', 'Amount', 'currency', { precision: 18, scale: 2, ...READ_ONLY }),
    field('ExpectedRevenue', 'Expected Revenue', 'currency', { precision: 18, scale: 2, ...READ_ONLY }),
    field('CloseDate', 'Close Date', 'date', { ...READ_ONLY }),
    field('Probability', 'Probability', 'percent', { precision: 3, scale: 0, ...READ_ONLY }),
    picklist('ForecastCategory', 'To ForecastCategory', FORECAST_CATEGORIES, { length: 40, ...READ_ONLY }),
    field('SystemModstamp', 'System Modstamp', 'datetime', { nillable: false, ...READ_ONLY }),
  ];
  return object(
    'OpportunityHistory',
    'Opportunity History',
    'Opportunity History',
    '008',
    fields,
    PLATFORM_ONLY,
  );
}

/** A contact's part in an opportunity. */
export function opportunityContactRoleObject(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    lookup('OpportunityId', 'Opportunity ID', 'Opportunity', 'Opportunity', 'OpportunityContactRoles', {
      required: true,
      updateable: false,
    }),
    lookup('ContactId', 'Contact ID', 'Contact', 'Contact', 'OpportunityContactRoles', { required: true }),
    picklist('Role', 'Role', CONTACT_ROLES),
    field('IsPrimary', 'Primary', 'boolean'),
    ...auditFields(),
  ];
  return object(
    'OpportunityContactRole',
    'Opportunity Contact Role',
    'Opportunity Contact Role',
    '00K',
    fields,
    {
      changeEvents: true,
    },
  );
}
