import type { Needs } from '../../../src/crm/provisioning.ts';
import { updateStep, type Hands, type Step } from './hands.ts';
import { missingOn, SECTION, withFields } from './layout-section.ts';
import { neededFields } from './needed-fields.ts';

/** Our section on the chosen page layouts; with none chosen, on the only one there is. */
export async function planLayouts(hands: Hands, needs: Needs, chosen: readonly string[]): Promise<Step[]> {
  const object = needs.objects.find((need) => need.record === 'deal')?.object ?? '';
  const fields = neededFields(needs).defined.filter((one) => one.onLayout && one.object === object);
  if (fields.length === 0) return [];
  const all = await layoutsOf(hands, object);
  const found = await hands.metadata.read('Layout', all, hands.options());
  const names = fields.map(({ name }) => name);
  const complete = all.filter((name) => missingOn(found.get(name) ?? {}, names).length === 0);
  if (chosen.length === 0 && all.length > 1)
    return complete.length > 0 ? complete.map(existing) : [mustChoose(object, all)];
  return (chosen.length === 0 ? all : chosen).map((asked): Step => {
    const fullName = all.find((name) => isNamed(name, asked));
    const layout = fullName === undefined ? undefined : found.get(fullName);
    if (fullName === undefined || layout === undefined) return unknownLayout(asked, all);
    const missing = missingOn(layout, names);
    const content = withFields(layout, missing);
    const component = { type: 'Layout' as const, fullName, content };
    if (missing.length === 0) return { ...existing(fullName), component: { ...component, content: layout } };
    const shown = `section “${SECTION}” with ${missing.length} fields, read-only`;
    return updateStep(layoutItem(fullName), shown, component);
  });
}

export async function layoutsOf(hands: Hands, object: string): Promise<string[]> {
  const all = await hands.metadata.list('Layout', hands.options());
  return all.filter((name) => name.startsWith(`${object}-`)).sort();
}

export function layoutItem(fullName: string): string {
  return `layout ${shown(fullName)}`;
}

function existing(fullName: string): Step {
  return { item: { item: layoutItem(fullName), state: 'exists', found: 'shows the fields' } };
}

function mustChoose(object: string, all: readonly string[]): Step {
  return {
    item: {
      item: `layout of ${object}`,
      state: 'by-hand',
      found: `there are ${all.length}, and none was chosen`,
      nextStep: `Choose with --layout NAME, once for each: ${all.map(ownName).join(', ')}.`,
    },
  };
}

function unknownLayout(asked: string, all: readonly string[]): Step {
  const nextStep = `There are: ${all.map(ownName).join(', ')}.`;
  return { item: { item: `layout ${asked}`, state: 'by-hand', found: 'there is no such layout', nextStep } };
}

/** `Opportunity-Opportunity Layout` is called by all of it, or by what follows the object. */
function isNamed(fullName: string, asked: string): boolean {
  const wanted = asked.trim().toLowerCase();
  return [fullName, shown(fullName), ownName(fullName)].some((name) => name.toLowerCase() === wanted);
}

function ownName(fullName: string): string {
  return shown(fullName).slice(fullName.indexOf('-') + 1);
}

function shown(fullName: string): string {
  try {
    return decodeURIComponent(fullName);
  } catch {
    return fullName;
  }
}
