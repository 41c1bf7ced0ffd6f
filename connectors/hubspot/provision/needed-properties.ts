import type { Needs } from '../../../src/crm/provisioning.ts';
import { isCompanyField } from '../company-fields.ts';
import { propertyDefinitions, type PropertyDefinition } from './property-definitions.ts';

/** A property that the mapping names and nobody here knows how to make: HubSpot's own, or the customer's. */
export interface NamedProperty {
  object: string;
  name: string;
  isKey: boolean;
  /** The mapping does without it where the portal has none. */
  optional: boolean;
}

export interface NeededProperties {
  /** In the order of their definitions. */
  defined: readonly PropertyDefinition[];
  others: readonly NamedProperty[];
}

/** The properties a mapping needs, split by whether there is a definition of them. */
export function neededProperties(needs: Needs): NeededProperties {
  const named = needs.objects.flatMap(namedBy);
  const names = new Set(named.map(fullName));
  const inSections = new Set(strings(needs.sections));
  const defined = propertyDefinitions.filter((one) => names.has(fullName(one)) || inSections.has(one.name));
  const known = new Set(defined.map(fullName));
  const others = new Map<string, NamedProperty>();
  for (const one of named) {
    const before = others.get(fullName(one));
    if (known.has(fullName(one))) continue;
    others.set(fullName(one), {
      ...one,
      isKey: one.isKey || before?.isKey === true,
      optional: one.optional && before?.optional !== false,
    });
  }
  return { defined, others: [...others.values()] };
}

function namedBy({ object, keyField, writes, reads }: Needs['objects'][number]): NamedProperty[] {
  const row = ({ field, optional }: { field: string; optional: boolean }): NamedProperty => {
    return { object, name: field, isKey: false, optional };
  };
  return [
    { object, name: keyField, isKey: true, optional: false },
    ...[...writes, ...reads].filter(({ field }) => !isCompanyField(field)).map(row),
  ];
}

function fullName({ object, name }: { object: string; name: string }): string {
  return `${object}.${name}`;
}

/** Every text anywhere in a value: sections name properties wherever their own shape wants them. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}
