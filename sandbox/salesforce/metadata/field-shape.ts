import { z } from 'zod';
import { listOf, optionalBoolean, optionalNumber, optionalText, type Plain } from './plain.ts';

const pickValue = z.strictObject({
  fullName: z.string(),
  color: optionalText,
  default: optionalBoolean,
  description: optionalText,
  isActive: optionalBoolean,
  label: optionalText,
});

const valueSet = z.strictObject({
  controllingField: optionalText,
  restricted: optionalBoolean,
  valueSetDefinition: z.strictObject({ sorted: optionalBoolean, value: listOf(pickValue) }).nullish(),
  valueSetName: optionalText,
  valueSettings: listOf(z.unknown()),
});

/** What a custom field may say. */
export const customFieldShape = z.strictObject({
  fullName: optionalText,
  businessOwnerGroup: optionalText,
  businessOwnerUser: optionalText,
  businessStatus: optionalText,
  caseSensitive: optionalBoolean,
  complianceGroup: optionalText,
  defaultValue: optionalText,
  deleteConstraint: optionalText,
  deprecated: optionalBoolean,
  description: optionalText,
  displayFormat: optionalText,
  encryptionScheme: optionalText,
  escapeMarkup: optionalBoolean,
  externalId: optionalBoolean,
  fieldManageability: optionalText,
  formula: optionalText,
  formulaTreatBlanksAs: optionalText,
  inlineHelpText: optionalText,
  isFilteringDisabled: optionalBoolean,
  isNameField: optionalBoolean,
  isSortingDisabled: optionalBoolean,
  label: optionalText,
  length: optionalNumber,
  lookupFilter: z.unknown().optional(),
  maskChar: optionalText,
  maskType: optionalText,
  populateExistingRows: optionalBoolean,
  precision: optionalNumber,
  referenceTargetField: optionalText,
  referenceTo: optionalText,
  relationshipLabel: optionalText,
  relationshipName: optionalText,
  relationshipOrder: optionalNumber,
  reparentableMasterDetail: optionalBoolean,
  required: optionalBoolean,
  restrictedAdminField: optionalBoolean,
  scale: optionalNumber,
  securityClassification: optionalText,
  startingNumber: optionalNumber,
  stripMarkup: optionalBoolean,
  summarizedField: optionalText,
  summaryFilterItems: listOf(z.unknown()).transform((items) => (items.length === 0 ? undefined : items)),
  summaryForeignKey: optionalText,
  summaryOperation: optionalText,
  trackFeedHistory: optionalBoolean,
  trackHistory: optionalBoolean,
  trackTrending: optionalBoolean,
  translateData: optionalBoolean,
  type: optionalText,
  unique: optionalBoolean,
  valueSet: valueSet.nullish().transform((set) => set ?? undefined),
  visibleLines: optionalNumber,
  writeRequiresMasterRead: optionalBoolean,
});

/** A custom field as its author described it. */
export type CustomFieldContent = z.output<typeof customFieldShape>;
export type PickValue = z.output<typeof pickValue>;

/** What was kept of a custom field, read back. */
export function keptField(content: Plain): CustomFieldContent {
  return customFieldShape.parse(content);
}
