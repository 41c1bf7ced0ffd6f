import { auditFields, field, leadingFields, lookup, picklist, READ_ONLY } from './field.ts';
import { object, PLATFORM_ONLY, type ObjectDefinition } from './object.ts';
import { PARTNER_ROLES } from './picklists.ts';

/**
 * A partner relationship between two accounts or an account and an opportunity.
 * Created and deleted, never updated; the platform keeps a reverse row and, for opportunities, an OpportunityPartner row.
 */
export function partnerObject(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    lookup('OpportunityId', 'Opportunity ID', 'Opportunity', 'Opportunity', 'Partners', {
      updateable: false,
    }),
    lookup('AccountFromId', 'Account From ID', 'Account', 'AccountFrom', undefined, { updateable: false }),
    lookup('AccountToId', 'Account To ID', 'Account', 'AccountTo', undefined, {
      required: true,
      updateable: false,
    }),
    picklist('Role', 'Role', PARTNER_ROLES, { updateable: false, restricted: true }),
    field('IsPrimary', 'Primary', 'boolean', { updateable: false }),
    ...auditFields(),
    lookup('ReversePartnerId', 'Reverse Partner ID', 'Partner', 'ReversePartner', undefined, READ_ONLY),
  ];
  return object('Partner', 'Partner', 'Partners', '00I', fields, { updateable: false, undeletable: false });
}

/** The partners of an opportunity, for reading; written through {@link partnerObject}. */
export function opportunityPartnerObject(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    lookup(
      'OpportunityId',
      'Opportunity ID',
      'Opportunity',
      'Opportunity',
      'OpportunityPartnersFrom',
      READ_ONLY,
    ),
    lookup('AccountToId', 'Account ID', 'Account', 'AccountTo', 'OpportunityPartnersTo', READ_ONLY),
    picklist('Role', 'Role', PARTNER_ROLES, READ_ONLY),
    field('IsPrimary', 'Primary', 'boolean', READ_ONLY),
    ...auditFields(),
    lookup('ReversePartnerId', 'Reverse Partner ID', 'Partner', 'ReversePartner', undefined, READ_ONLY),
  ];
  return object(
    'OpportunityPartner',
    'Opportunity Partner',
    'Opportunity Partner',
    '00I',
    fields,
    PLATFORM_ONLY,
  );
}
