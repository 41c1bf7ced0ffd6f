/** A property as the Properties API takes it, and how one that is there compares with it. */
import type { Property } from '../schema.ts';
import { GROUP, type PropertyDefinition, type PropertyType } from './property-definitions.ts';

/** Ends the description of whatever Tributary made. What does not bear it is somebody else's and is never taken away. */
const MARK = 'Made by Tributary.';

/** HubSpot's types that hold what ours hold, the one we make first. */
const types: Readonly<Record<PropertyType, readonly [type: string, fieldType: string][]>> = {
  key: [['string', 'text']],
  text: [
    ['string', 'text'],
    ['string', 'textarea'],
  ],
  number: [['number', 'number']],
  date: [['date', 'date']],
  'yes-no': [
    ['enumeration', 'booleancheckbox'],
    ['bool', 'booleancheckbox'],
  ],
};

const yesNo = [
  { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
  { label: 'No', value: 'false', displayOrder: 1, hidden: false },
];

/** Body of its creation. `hasUniqueValue` counts only there: HubSpot never changes it afterwards (facts: Batch). */
export function creationBody({ name, label, description, type }: PropertyDefinition): object {
  const [[dataType, fieldType] = ['string', 'text']] = types[type];
  return {
    name,
    label,
    description: `${description} ${MARK}`,
    groupName: GROUP.name,
    type: dataType,
    fieldType,
    ...(type === 'key' ? { hasUniqueValue: true } : {}),
    ...(type === 'yes-no' ? { options: yesNo } : {}),
  };
}

export function isMarked({ description }: Property): boolean {
  return description.includes(MARK);
}

export function inWords({ label, type }: PropertyDefinition): string {
  const names: Readonly<Record<PropertyType, string>> = {
    key: 'single-line text with unique values',
    text: 'single-line text',
    number: 'number',
    date: 'date',
    'yes-no': 'single checkbox',
  };
  return `“${label}”, ${names[type]}`;
}

export interface Difference {
  found: string;
  /** What a person does about it; we never alter it. */
  nextStep: string;
}

/** Null: it holds what is needed. */
export function differenceOf({ name, type }: PropertyDefinition, found: Property): Difference | null {
  const fits = types[type].some(([dataType]) => dataType === found.type);
  if (!fits)
    return {
      found: `is of the type ${found.type}, and ${types[type].map(([dataType]) => dataType).join(' or ')} is needed`,
      nextStep: `It is left as it is. Delete ${name} under Settings › Properties and run this again, or name another property in the mapping.`,
    };
  return type === 'key' && found.hasUniqueValue !== true ? notUnique(name) : null;
}

/** One deal could become two records. */
export function notUnique(name: string): Difference {
  return {
    found: 'holds our key and does not have unique values: one record could become two',
    nextStep: `HubSpot makes a property unique only while it is created, so it is left as it is. Delete ${name} under Settings › Properties (with its values) and run this again, or name another unique property in the mapping.`,
  };
}
