import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import type { FieldDefinition } from '../../schema/field.ts';
import type { Component } from '../component-store.ts';
import { integrity, MetadataError, notFoundByName } from '../metadata-error.ts';
import { listOf, optionalBoolean, optionalText, readContent, readShape, type Plain } from '../plain.ts';
import type { Listed, MetadataKind } from './kind.ts';

const TYPE = 'StandardValueSet';
const MAX_VALUES = 1000;

/** The standard picklists whose values stand in one set each. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  LeadSource: ['Lead.LeadSource', 'Contact.LeadSource', 'Opportunity.LeadSource', 'Campaign.LeadSource'],
  OpportunityType: ['Opportunity.Type'],
  AccountType: ['Account.Type'],
  Industry: ['Account.Industry', 'Lead.Industry'],
};

const value = z.strictObject({
  fullName: z.string(),
  allowEmail: optionalBoolean,
  closed: optionalBoolean,
  color: optionalText,
  converted: optionalBoolean,
  cssExposed: optionalBoolean,
  default: optionalBoolean,
  description: optionalText,
  forecastCategory: optionalText,
  groupingString: optionalText,
  highPriority: optionalBoolean,
  isActive: optionalBoolean,
  label: optionalText,
  probability: z.unknown().optional(),
  reverseRole: optionalText,
  reviewed: optionalBoolean,
  won: optionalBoolean,
});

const shape = z.strictObject({
  fullName: optionalText,
  groupingStringEnum: optionalText,
  sorted: optionalBoolean,
  standardValue: listOf(value),
});

/**
 * Values of standard picklists. They are only read and changed, a set as a whole: a value that is left out is
 * deactivated. What listMetadata knows nothing of, as at the vendor.
 */
export const standardValueSetKind: MetadataKind = {
  type: TYPE,
  directory: 'standardValueSets',
  suffix: 'standardValueSet',
  since: 38,
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  update(work, fullName, plain) {
    const name = nameOf(fullName);
    if (name === undefined || fieldsOf(work.sandbox, name).length === 0) throw notFoundByName(TYPE, fullName);
    const { standardValue } = readContent(shape, TYPE, plain);
    if (standardValue.length === 0) throw integrity('A value set needs at least one value', 'standardValue');
    if (standardValue.length > MAX_VALUES)
      throw integrity(`A value set has at most ${MAX_VALUES} values`, 'standardValue');
    const names = new Set(standardValue.map((one) => one.fullName.toLowerCase()));
    if (names.size < standardValue.length)
      throw new MetadataError('DUPLICATE_VALUE', 'duplicate value found: standardValue', ['standardValue']);
    const active = standardValue.filter((one) => one.isActive !== false).map((one) => one.fullName);
    const before = read(work.sandbox, name);
    const known = [...before.active, ...before.inactive];
    const inactive = [
      ...standardValue.filter((one) => one.isActive === false).map((one) => one.fullName),
      ...known.filter((one) => !names.has(one.toLowerCase())),
    ];
    work.put(TYPE, name, { active, inactive });
  },
  read(sandbox, fullName) {
    const name = nameOf(fullName);
    if (name === undefined || fieldsOf(sandbox, name).length === 0) return undefined;
    const standardValue = read(sandbox, name).active.map((one) => ({
      fullName: one,
      default: false,
      label: one,
    }));
    return { sorted: false, standardValue } satisfies Plain;
  },
  list: (): Listed[] => [],
};

function nameOf(fullName: string): string | undefined {
  return Object.keys(FIELDS).find((name) => name.toLowerCase() === fullName.toLowerCase());
}

function fieldsOf(sandbox: Sandbox, name: string): FieldDefinition[] {
  return (FIELDS[name] ?? []).flatMap((one) => {
    const [object = '', field = ''] = one.split('.');
    return sandbox.org.preset.schema.object(object)?.field(field) ?? [];
  });
}

function read(sandbox: Sandbox, name: string): { active: string[]; inactive: string[] } {
  const [first] = fieldsOf(sandbox, name);
  return { active: [...(first?.picklist ?? [])], inactive: [...(first?.inactive ?? [])] };
}

const kept = z.object({ active: z.array(z.string()), inactive: z.array(z.string()) });

/** Lets every field of the set offer its values. A set that was never changed is not kept. */
export function followValueSet(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  const { fullName } = (after ?? before) as Component;
  const values = kept.safeParse(after?.content);
  if (!values.success) return;
  const { active, inactive } = values.data;
  const mine = new Set(FIELDS[fullName]);
  sandbox.org.changeSchema(
    sandbox.org.preset.schema.objects.map(({ name, definition }) => ({
      ...definition,
      fields: definition.fields.map((field) =>
        mine.has(`${name}.${field.name}`) ? { ...field, picklist: active, inactive } : field,
      ),
    })),
  );
}
