import { permissionObjects } from '../access/permission-objects.ts';
import type { OrgSettingsInput } from '../org-settings.ts';
import { addCurrencyFields } from './currency-fields.ts';
import type { FieldDefinition } from './field.ts';
import { jsforceObjects } from './jsforce-objects.ts';
import { loadObjects } from './load-objects.ts';
import type { ObjectDefinition } from './object.ts';
import { fieldSetKey } from './parse-objects.ts';
import { addRecordTypeFields, recordTypesOf, type RecordTypeDefinition } from './record-types.ts';
import { compileSchema, type Schema } from './schema.ts';
import { overlaid, type SchemaOverlay } from './schema-overlay.ts';
import { FRESH_STAGES, RENAMED_STAGES, type Stage } from './stages.ts';
import { TRIBUTARY_FIELDS } from './tributary-fields.ts';

/** Names of the orgs the sandbox can be. */
export const PRESETS = [
  'default',
  'single-currency',
  'fresh',
  'renamed-stages',
  'record-types',
  'person-accounts',
  'jsforce',
  'recorded',
] as const;
export type PresetName = (typeof PRESETS)[number];

/** One currency of the org: ISO 4217 code, rate to the corporate currency, decimal places. */
export interface Currency {
  code: string;
  rate: number;
  decimals: number;
}

/** What kind of org a sandbox is. */
export interface Preset {
  name: PresetName;
  schema: Schema;
  stages: readonly Stage[];
  /** The corporate currency first. Empty in an org without multiple currencies. */
  currencies: readonly Currency[];
  readonly recordTypes: readonly RecordTypeDefinition[];
  /** API requests per rolling 24 hours. */
  dailyApiRequests: number;
  /** Names of the objects whose changes are published from the start. A real new org publishes none. */
  selectedEntities: readonly string[];
  /** Switches that an org of this kind has set differently from the defaults. */
  settings?: OrgSettingsInput;
}

const CURRENCIES: readonly Currency[] = [
  { code: 'USD', rate: 1, decimals: 2 },
  { code: 'EUR', rate: 0.92, decimals: 2 },
  { code: 'GBP', rate: 0.79, decimals: 2 },
  { code: 'JPY', rate: 157, decimals: 0 },
  { code: 'CHF', rate: 0.9, decimals: 2 },
  { code: 'CAD', rate: 1.36, decimals: 2 },
  { code: 'AUD', rate: 1.5, decimals: 2 },
  { code: 'SEK', rate: 10.5, decimals: 2 },
  { code: 'KWD', rate: 0.31, decimals: 3 },
];

/** Builds the org of a preset. Throws on an unknown name, naming those that exist. */
export function buildPreset(name: string, overlay: SchemaOverlay = {}): Preset {
  if (!isPreset(name))
    throw new Error(`unknown Salesforce preset "${name}"; there are: ${PRESETS.join(', ')}`);
  const stages = overlay.stages ?? (name === 'renamed-stages' ? RENAMED_STAGES : FRESH_STAGES);
  const currencies = SINGLE_CURRENCY.has(name) ? [] : CURRENCIES;
  const objects = overlaid(objectsOf(name, stages, currencies, overlay.enable), overlay);
  return {
    name,
    schema: compileSchema(objects),
    stages,
    currencies,
    recordTypes: recordTypesOf(name),
    dailyApiRequests: name === 'recorded' ? 15_000 : 1_000_000,
    selectedEntities: name === 'fresh' ? [] : TRACKED,
  };
}

function isPreset(name: string): name is PresetName {
  return (PRESETS as readonly string[]).includes(name);
}

const SINGLE_CURRENCY: ReadonlySet<PresetName> = new Set(['single-currency', 'jsforce', 'recorded']);

/** Orgs into which Tributary was never provisioned. */
const WITHOUT_TRIBUTARY: ReadonlySet<PresetName> = new Set(['fresh', 'jsforce', 'recorded']);

const TRACKED = ['Account', 'Contact', 'Opportunity', 'OpportunityContactRole'] as const;

const CURRENCY_OBJECTS = ['CurrencyType', 'DatedConversionRate'];

/** Objects of features that are off in a new org. */
const FEATURES: ReadonlySet<string> = new Set([
  'AccountTeamMember',
  'CurrencyType',
  'DatedConversionRate',
  'Territory2',
  'Territory2Model',
  'Territory2Type',
]);

function objectsOf(
  name: PresetName,
  stages: readonly Stage[],
  currencies: readonly Currency[],
  enabled: readonly string[] = [],
): ObjectDefinition[] {
  const { objects: all, fieldSets } = loadObjects();
  const wanted = new Set([...enabled, ...(currencies.length > 0 ? CURRENCY_OBJECTS : [])]);
  const objects = all.filter((object) => !FEATURES.has(object.name) || wanted.has(object.name));
  nameStages(objects, stages);
  if (currencies.length > 0) {
    addCurrencyFields(
      objects,
      currencies.map((currency) => currency.code),
    );
  }
  if (!WITHOUT_TRIBUTARY.has(name)) {
    for (const { name: object, fields } of objects) fields.push(...(TRIBUTARY_FIELDS[object] ?? []));
  }
  addRecordTypeFields(objects, recordTypesOf(name));
  if (name === 'person-accounts') addSet(objects, fieldSets, 'person-accounts');
  if (name === 'jsforce') objects.push(...jsforceObjects());
  if (name === 'recorded') becomeRecorded(objects, fieldSets);
  objects.push(...permissionObjects());
  return objects;
}

/** Stage names are the org's own: only these are accepted. */
function nameStages(objects: readonly ObjectDefinition[], stages: readonly Stage[]): void {
  const opportunity = objects.find((object) => object.name === 'Opportunity');
  if (opportunity === undefined) return;
  opportunity.fields = opportunity.fields.map((field) =>
    field.name === 'StageName' ? { ...field, picklist: stages.map((stage) => stage.name) } : field,
  );
}

function addSet(
  objects: readonly ObjectDefinition[],
  fieldSets: ReadonlyMap<string, readonly FieldDefinition[]>,
  set: string,
): void {
  for (const { name, fields } of objects) fields.push(...(fieldSets.get(fieldSetKey(name, set)) ?? []));
}

/** The Developer Edition org of the golden exchanges: its sample fields, its own custom fields, nothing made visible beyond the standard. */
function becomeRecorded(
  objects: readonly ObjectDefinition[],
  fieldSets: ReadonlyMap<string, readonly FieldDefinition[]>,
): void {
  for (const object of objects) object.fields = object.fields.filter((field) => field.optional !== true);
  addSet(objects, fieldSets, 'developer-edition');
  addSet(objects, fieldSets, 'recorded');
}
