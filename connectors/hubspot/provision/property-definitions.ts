/**
 * The properties Tributary knows how to make, one row each. A property is made when the mapping names it anywhere: as a key,
 * in a row, or in one of its further sections. To add one, add a row.
 */
export interface PropertyDefinition {
  /** As in `/crm/v3/properties/{object}`. */
  object: 'deals' | 'companies';
  /** Internal name: lower case, digits and underscores. */
  name: string;
  label: string;
  /** What a person reads beside the property. */
  description: string;
  type: PropertyType;
}

/** key: our key, with unique values, so that records are written by it and never twice. */
export type PropertyType = 'key' | 'text' | 'number' | 'date' | 'yes-no';

/** All of ours stand in one group of each object. */
export const GROUP = { name: 'tributary', label: 'Tributary' } as const;

export const propertyDefinitions: readonly PropertyDefinition[] = [
  {
    object: 'deals',
    name: 'tributary_deal_id',
    label: 'Tributary deal id',
    description: 'The id of the registration this deal mirrors. Do not change it: records are written by it.',
    type: 'key',
  },
  {
    object: 'deals',
    name: 'tributary_version',
    label: 'Tributary version',
    description: 'Which version of the registration was written last. Kept by Tributary.',
    type: 'number',
  },
  {
    object: 'deals',
    name: 'tributary_partner',
    label: 'Partner',
    description: 'The partner who sourced this deal and earns its commission. Kept by Tributary.',
    type: 'text',
  },
  {
    object: 'deals',
    name: 'tributary_partner_tier',
    label: 'Partner tier',
    description: 'The tier the partner had when the deal was registered. Kept by Tributary.',
    type: 'text',
  },
  {
    object: 'deals',
    name: 'tributary_partner_sourced',
    label: 'Partner sourced',
    description: 'A partner brought this deal. Kept by Tributary.',
    type: 'yes-no',
  },
  {
    object: 'deals',
    name: 'tributary_partner_influence',
    label: 'Partner influence',
    description:
      'How the partner came in: sourced the deal, or influenced one that was there. Kept by Tributary.',
    type: 'text',
  },
  {
    object: 'deals',
    name: 'tributary_protected_until',
    label: 'Protected until',
    description: 'Until this day no other partner may claim the deal. Empty: no longer protected.',
    type: 'date',
  },
  {
    object: 'deals',
    name: 'tributary_registration_url',
    label: 'Registration',
    description: 'Opens the partner’s registration of this deal.',
    type: 'text',
  },
  {
    object: 'companies',
    name: 'tributary_account_key',
    label: 'Tributary account key',
    description: 'Tributary’s own key of this company. Do not change it: records are written by it.',
    type: 'key',
  },
];
