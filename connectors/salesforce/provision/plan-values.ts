import { z } from 'zod';
import type { Needs } from '../../../src/crm/provisioning.ts';
import { elements, type Content } from './component.ts';
import { updateStep, type Hands, type Step } from './hands.ts';
import { standardValueSets } from './standard-values.ts';

/** Values that the mapping always writes and that a standard picklist must offer, so that people can filter and report by them. */
export async function planValues(hands: Hands, needs: Needs): Promise<Step[]> {
  const wanted = wantedValues(needs);
  if (wanted.size === 0) return [];
  const found = await hands.metadata.read('StandardValueSet', [...wanted.keys()], hands.options());
  return [...wanted].flatMap(([set, values]) => planSet(set, [...values], found.get(set)));
}

function wantedValues(needs: Needs): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { object, writes } of needs.objects)
    for (const { field, constant } of writes) {
      const set = standardValueSets[`${object}.${field}`];
      if (set === undefined || typeof constant !== 'string') continue;
      wanted.set(set, (wanted.get(set) ?? new Set()).add(constant));
    }
  const tag = LeadSourceTag.safeParse(needs.sections).data?.tags.leadSource.value;
  if (tag !== undefined) wanted.set('LeadSource', (wanted.get('LeadSource') ?? new Set()).add(tag));
  return wanted;
}

const LeadSourceTag = z.looseObject({
  tags: z.looseObject({ leadSource: z.looseObject({ value: z.string() }) }),
});

/** The whole set is written back with what it lacks: a value left out would be deactivated. */
function planSet(set: string, values: readonly string[], found: Content | undefined): Step[] {
  const present = elements(found?.['standardValue']);
  const offered = new Set(
    present.filter((one) => one['isActive'] !== 'false').map((one) => decoded(one['fullName'])),
  );
  return values.map((value): Step => {
    const item = valueItem(set, value);
    if (found === undefined) {
      const nextStep = `Add “${value}” yourself: Setup › Object Manager › the object › ${set}.`;
      return { item: { item, state: 'by-hand', found: 'its values cannot be read', nextStep } };
    }
    const component = { type: 'StandardValueSet' as const, fullName: set };
    if (offered.has(value))
      return {
        item: { item, state: 'exists', found: 'offered' },
        component: { ...component, content: found },
      };
    const lacking = values.filter((one) => !offered.has(one));
    const added = lacking.map((fullName) => ({ fullName, default: false, label: fullName }));
    const kept = present.filter((one) => !lacking.includes(decoded(one['fullName'])));
    const content = { ...found, standardValue: [...kept, ...added] };
    return updateStep(item, `“${value}” is added to the values of ${set}`, { ...component, content });
  });
}

export function valueItem(set: string, value: string): string {
  return `picklist value ${set}: ${value}`;
}

/** Salesforce writes some signs of a value's name as %2F. */
function decoded(name: unknown): string {
  const text = typeof name === 'string' ? name : '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
