import { z } from 'zod';
import type { Needs, ObjectNeed } from '../../../src/crm/provisioning.ts';
import { fieldDefinitions, type FieldDefinition } from './field-definitions.ts';

export interface NeededFields {
  /** Known fields, in the order of their definitions. */
  defined: readonly FieldDefinition[];
  /** `Object.Field__c` of custom fields that the mapping names and nobody here knows how to make. */
  unknown: readonly string[];
}

/** The custom fields a mapping needs, split by whether there is a definition of them. */
export function neededFields(needs: Needs): NeededFields {
  const named = new Set(needs.objects.flatMap((need) => customNames(need, true)));
  const inSections = new Set(strings(needs.sections));
  const wanted = definitionsFor(named).filter(
    ({ object, name, always }) => always || named.has(`${object}.${name}`) || inSections.has(name),
  );
  const known = new Set(wanted.map(({ object, name }) => `${object}.${name}`));
  const help = helpOf(needs.sections);
  const defined = wanted.map((one) => ({ ...one, help: help[one.name] ?? one.help }));
  const required = new Set(needs.objects.flatMap((need) => customNames(need, false)));
  return { defined, unknown: [...required].filter((name) => !known.has(name)) };
}

/** With those of opportunities once more on whatever object the mapping names them. */
function definitionsFor(named: ReadonlySet<string>): FieldDefinition[] {
  const exact = new Set(fieldDefinitions.map(({ object, name }) => `${object}.${name}`));
  const moved = [...named].flatMap((fullName) => {
    const [object = '', name = ''] = fullName.split('.');
    const known = fieldDefinitions.find((one) => one.object === 'Opportunity' && one.name === name);
    return exact.has(fullName) || !known ? [] : [movedTo(known, object)];
  });
  return [...fieldDefinitions, ...moved];
}

function movedTo(one: FieldDefinition, object: string): FieldDefinition {
  // The relationship's name must be unique among the children of the account.
  const type =
    one.type.type === 'Lookup' ? { ...one.type, children: `${one.type.children}_of_${object}` } : one.type;
  return { ...one, object, type };
}

/** A field that the mapping does without is made where it is known, and asked of nobody. */
function customNames({ object, keyField, writes, reads }: ObjectNeed, withOptional: boolean): string[] {
  const rows = [...writes, ...reads].filter(({ optional }) => withOptional || !optional);
  return [keyField, ...rows.map(({ field }) => field)].filter(isCustom).map((field) => `${object}.${field}`);
}

function isCustom(field: string): boolean {
  return field.endsWith('__c');
}

const CardHelp = z.object({ card: z.object({ help: z.record(z.string(), z.string()).default({}) }) });

/** What the mapping's card says in the help of fields, by field name. */
function helpOf(sections: unknown): Readonly<Record<string, string>> {
  const read = CardHelp.safeParse(sections);
  return read.success ? read.data.card.help : {};
}

/** Every text anywhere in a value: sections name fields wherever their own shape wants them. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}
