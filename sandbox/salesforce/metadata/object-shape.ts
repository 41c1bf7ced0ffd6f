import { z } from 'zod';
import { customFieldShape } from './field-shape.ts';
import { listOf, optionalBoolean, optionalText } from './plain.ts';

const child = z.looseObject({ fullName: z.string() });

/** Parts of an object that this org keeps as they are said, and that change nothing here. */
const KEPT = [
  'actionOverrides',
  'articleTypeChannelDisplay',
  'businessProcesses',
  'compactLayouts',
  'fieldSets',
  'historyRetentionPolicy',
  'indexes',
  'listViews',
  'profileSearchLayouts',
  'searchLayouts',
  'sharingReasons',
  'sharingRecalculations',
  'webLinks',
] as const;

const TEXTS = [
  'compactLayoutAssignment',
  'customHelp',
  'customHelpPage',
  'customSettingsType',
  'deploymentStatus',
  'description',
  'eventType',
  'externalDataSource',
  'externalName',
  'externalRepository',
  'externalSharingModel',
  'gender',
  'label',
  'pluralLabel',
  'publishBehavior',
  'sharingModel',
  'startsWith',
  'visibility',
] as const;

const FLAGS = [
  'allowInChatterGroups',
  'deprecated',
  'enableActivities',
  'enableBulkApi',
  'enableDataTranslation',
  'enableDivisions',
  'enableEnhancedLookup',
  'enableFeeds',
  'enableHistory',
  'enableLicensing',
  'enableReports',
  'enableSearch',
  'enableSharing',
  'enableStreamingApi',
  'household',
  'recordTypeTrackFeedHistory',
  'recordTypeTrackHistory',
] as const;

/** What a custom object, or the file of a standard one, may say. */
export const objectShape = z.strictObject({
  fullName: optionalText,
  fields: listOf(child),
  recordTypes: listOf(child),
  validationRules: listOf(child),
  nameField: customFieldShape.nullish().transform((field) => field ?? undefined),
  ...each(TEXTS, optionalText),
  ...each(FLAGS, optionalBoolean),
  ...each(KEPT, z.unknown().optional()),
});

/** A custom object as its author described it. */
export type CustomObjectContent = z.output<typeof objectShape>;

function each<const N extends string, T extends z.ZodType>(names: readonly N[], shape: T): Record<N, T> {
  return Object.fromEntries(names.map((name) => [name, shape])) as Record<N, T>;
}
