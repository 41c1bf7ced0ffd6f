import type { Needs } from '../../../src/crm/provisioning.ts';
import { isOurs, type Content } from './component.ts';
import { differenceOf, fieldComponent } from './field-content.ts';
import type { FieldDefinition } from './field-definitions.ts';
import { createStep, type Hands, type Step } from './hands.ts';
import { neededFields } from './needed-fields.ts';

/** Custom fields: ours are made where they are missing; one that is there is never changed. */
export async function planFields(hands: Hands, needs: Needs): Promise<Step[]> {
  const { defined, unknown } = neededFields(needs);
  const names = [...defined.map(({ object, name }) => `${object}.${name}`), ...unknown];
  const found = await hands.metadata.read('CustomField', names, hands.options());
  const keys = new Set(needs.objects.map(({ object, keyField }) => `${object}.${keyField}`));
  return [
    ...defined.map((definition) => planDefined(definition, found)),
    ...unknown.map((name) => planUnknown(name, keys.has(name), found.get(name))),
  ];
}

function planDefined(definition: FieldDefinition, fields: ReadonlyMap<string, Content>): Step {
  const component = fieldComponent(definition);
  const name = component.fullName;
  const item = `field ${name}`;
  const found = fields.get(name);
  if (!found) return createStep(item, describeType(definition), component);
  const difference = differenceOf(definition, found);
  if (difference === null)
    return {
      item: { item, state: 'exists', found: isOurs(found) ? 'made by Tributary' : 'fits' },
      component,
    };
  return {
    item: {
      item,
      state: 'differs',
      found: difference,
      nextStep: `It is left as it is. Correct it under Setup › Object Manager › ${definition.object} › Fields & Relationships, or name another field in the mapping.`,
    },
  };
}

/** A field of the customer's own: nobody here knows what it should be, only that a key must be unique. */
function planUnknown(name: string, isKey: boolean, found: Content | undefined): Step {
  const item = `field ${name}`;
  const [object = ''] = name.split('.');
  const where = `Setup › Object Manager › ${object} › Fields & Relationships`;
  if (!found) {
    const nextStep = `Create it yourself (${where}${isKey ? ', unique and external ID' : ''}), then run this again: it is then granted to the integration user.`;
    return {
      item: {
        item,
        state: 'by-hand',
        found: 'the mapping names it, and Tributary knows no field of this name',
        nextStep,
      },
    };
  }
  if (isKey && (found['unique'] !== 'true' || found['externalId'] !== 'true')) {
    const nextStep = `Make it unique and an external ID (${where}).`;
    return {
      item: { item, state: 'differs', found: 'holds our key and is not a unique external ID', nextStep },
    };
  }
  return { item: { item, state: 'exists', found: 'your own field' } };
}

function describeType({ label, type }: FieldDefinition): string {
  const shown = {
    Text: () => ('length' in type ? `Text(${type.length})` : 'Text'),
    Key: () => `Text(${'length' in type ? type.length : ''}), unique external ID`,
    Number: () => ('scale' in type ? `Number(${type.precision - type.scale}, ${type.scale})` : 'Number'),
    Lookup: () => `Lookup(${'to' in type ? type.to : ''})`,
  } as Partial<Record<string, () => string>>;
  return `“${label}”, ${shown[type.type]?.() ?? type.type}`;
}
