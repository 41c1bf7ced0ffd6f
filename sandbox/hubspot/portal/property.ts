export type PropertyType = 'string' | 'number' | 'date' | 'datetime' | 'enumeration' | 'bool';

export interface PropertyOption {
  label: string;
  value: string;
  displayOrder: number;
  hidden: boolean;
}

/** A property definition, with the names the Properties API uses. */
export interface Property {
  name: string;
  label: string;
  description: string;
  type: PropertyType;
  fieldType: string;
  groupName: string;
  options: PropertyOption[];
  hasUniqueValue: boolean;
  /** Calculated or set by HubSpot: writing it is refused. */
  readOnly: boolean;
  hubspotDefined: boolean;
  /** The values live elsewhere (owners, pipelines, currencies), so `options` does not list them. */
  externalOptions: boolean;
  hidden: boolean;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
}

/** What it takes to describe a property; the rest has defaults. */
export type PropertySpec = Pick<Property, 'name' | 'type'> & Partial<Property>;

const FIELD_TYPES: Record<PropertyType, string> = {
  string: 'text',
  number: 'number',
  date: 'date',
  datetime: 'date',
  enumeration: 'select',
  bool: 'booleancheckbox',
};

/** Fills a specification up to a whole definition. `at` is an ISO time. */
export function defineProperty(spec: PropertySpec, at: string): Property {
  return {
    label: spec.name,
    description: '',
    fieldType: FIELD_TYPES[spec.type],
    groupName: '',
    options: [],
    hasUniqueValue: false,
    readOnly: false,
    hubspotDefined: false,
    externalOptions: false,
    hidden: false,
    archived: false,
    createdAt: at,
    updatedAt: at,
    ...spec,
  };
}

/** Options in the order given. */
export function optionsOf(values: readonly string[]): PropertyOption[] {
  return values.map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false }));
}

/** The two options of a yes/no property. */
export function yesNo(): PropertyOption[] {
  return [
    { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
    { label: 'No', value: 'false', displayOrder: 1, hidden: false },
  ];
}
