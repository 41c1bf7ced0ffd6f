import type { OrgSettingsInput } from '../org-settings.ts';
import { accountObject } from './account.ts';
import { contactObject } from './contact.ts';
import type { ObjectDefinition } from './object.ts';
import { opportunityContactRoleObject, opportunityHistoryObject, opportunityObject } from './opportunity.ts';
import { opportunityPartnerObject, partnerObject } from './partner.ts';
import { compileSchema, type Schema } from './schema.ts';
import {
  currencyField,
  currencyTypeObject,
  defaultCurrencyField,
  readOnlyCurrencyField,
  setupObjects,
} from './setup-objects.ts';
import { FRESH_STAGES, RENAMED_STAGES, type Stage } from './stages.ts';
import { TRIBUTARY_FIELDS } from './tributary-fields.ts';

/** Names of the orgs the sandbox can be. */
export const PRESETS = ['default', 'single-currency', 'fresh', 'renamed-stages'] as const;
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
export function buildPreset(name: string): Preset {
  if (!isPreset(name))
    throw new Error(`unknown Salesforce preset "${name}"; there are: ${PRESETS.join(', ')}`);
  const stages = name === 'renamed-stages' ? RENAMED_STAGES : FRESH_STAGES;
  const currencies = name === 'single-currency' ? [] : CURRENCIES;
  const objects = standardObjects(stages);
  if (name !== 'fresh') addTributaryFields(objects);
  if (currencies.length > 0) addCurrencies(objects, currencies);
  const tracked = objects.filter((object) => object.changeEvents).map((object) => object.name);
  return {
    name,
    schema: compileSchema(objects),
    stages,
    currencies,
    dailyApiRequests: 1_000_000,
    selectedEntities: name === 'fresh' ? [] : tracked,
  };
}

function isPreset(name: string): name is PresetName {
  return (PRESETS as readonly string[]).includes(name);
}

function standardObjects(stages: readonly Stage[]): ObjectDefinition[] {
  return [
    ...setupObjects(),
    accountObject(),
    contactObject(),
    opportunityObject(stages),
    opportunityHistoryObject(),
    opportunityContactRoleObject(),
    partnerObject(),
    opportunityPartnerObject(),
  ];
}

function addTributaryFields(objects: ObjectDefinition[]): void {
  for (const object of objects) object.fields.push(...(TRIBUTARY_FIELDS[object.name] ?? []));
}

function addCurrencies(objects: ObjectDefinition[], currencies: readonly Currency[]): void {
  const codes = currencies.map((currency) => currency.code);
  for (const object of objects) {
    if (['Account', 'Contact', 'Opportunity'].includes(object.name)) object.fields.push(currencyField(codes));
    if (object.name === 'OpportunityHistory') object.fields.push(readOnlyCurrencyField(codes));
    if (object.name === 'User') object.fields.push(defaultCurrencyField(codes), readOnlyCurrencyField(codes));
  }
  objects.push(currencyTypeObject());
}
