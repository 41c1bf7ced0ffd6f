import type { AssociationLabel } from './association-types.ts';
import { COMPANY, DEAL, type TypeId } from './object-types.ts';
import { yesNo, type PropertySpec } from './property.ts';

/** What Tributary's provisioning leaves in a portal. The preset `fresh` is a portal before it ran. */
export const TRIBUTARY_PROPERTIES: readonly { type: TypeId; spec: PropertySpec }[] = [
  { type: DEAL.id, spec: { name: 'tributary_deal_id', type: 'string', hasUniqueValue: true } },
  { type: DEAL.id, spec: { name: 'tributary_version', type: 'number' } },
  { type: DEAL.id, spec: { name: 'tributary_partner', type: 'string' } },
  { type: DEAL.id, spec: { name: 'tributary_partner_tier', type: 'string' } },
  {
    type: DEAL.id,
    spec: {
      name: 'tributary_partner_sourced',
      type: 'enumeration',
      fieldType: 'booleancheckbox',
      options: yesNo(),
    },
  },
  { type: DEAL.id, spec: { name: 'tributary_partner_influence', type: 'string' } },
  { type: DEAL.id, spec: { name: 'tributary_protected_until', type: 'date' } },
  { type: DEAL.id, spec: { name: 'tributary_registration_url', type: 'string' } },
  { type: COMPANY.id, spec: { name: 'tributary_account_key', type: 'string', hasUniqueValue: true } },
];

/** Between a deal and the company of the partner who brought it. */
export const PARTNER_LABEL: AssociationLabel = {
  name: 'tributary_partner_of_record',
  from: DEAL.id,
  to: COMPANY.id,
  typeId: 90_001,
  label: 'Partner of record',
  inverseTypeId: 90_002,
  inverseLabel: 'Partner of record for',
};
