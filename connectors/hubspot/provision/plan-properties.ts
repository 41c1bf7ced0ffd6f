import type { Needs } from '../../../src/crm/provisioning.ts';
import { isUniqueByNature } from '../describe.ts';
import { propertiesPath, propertyGroupsPath } from '../versions.ts';
import { change, type Step } from './hands.ts';
import { writeScope } from './within-scopes.ts';
import { neededProperties, type NamedProperty } from './needed-properties.ts';
import { creationBody, differenceOf, inWords, isMarked, notUnique } from './property-content.ts';
import { GROUP, type PropertyDefinition } from './property-definitions.ts';
import type { PortalObject, PortalObjects } from './read-portal.ts';

/** Properties with unique values that HubSpot allows an object, its own not counted (facts: Batch). */
const MOST_UNIQUE = 10;

export function propertyItem(object: string, name: string): string {
  return `property ${object}.${name}`;
}

export function groupItem(object: string): string {
  return `property group ${object}.${GROUP.name}`;
}

/** The group and properties of ours where they are missing; what is there is never changed. */
export function planProperties(portal: PortalObjects, needs: Needs): Step[] {
  const { defined, others } = neededProperties(needs);
  const uniqueLeft = new Map(
    [...portal].map(([object, found]) => [object, MOST_UNIQUE - countUnique(found)]),
  );
  const properties = defined.map((definition) => planDefined(definition, portal, uniqueLeft));
  return [
    ...[...new Set(defined.map(({ object }) => object))].map((object) => planGroup(object, portal)),
    ...properties,
    ...others.flatMap((named) => planOther(named, portal)),
  ];
}

function countUnique({ properties }: PortalObject): number {
  return [...properties.values()].filter((one) => one.hasUniqueValue === true && !one.hubspotDefined).length;
}

function planGroup(object: string, portal: PortalObjects): Step {
  const item = groupItem(object);
  if (portal.get(object)?.groups.has(GROUP.name))
    return { item: { item, state: 'exists', found: 'is there' } };
  return {
    item: { item, state: 'create', found: `“${GROUP.label}”` },
    scopes: [writeScope(object)],
    act: (hands) => change(hands, 'POST', propertyGroupsPath(object), { ...GROUP, displayOrder: -1 }),
  };
}

function planDefined(
  definition: PropertyDefinition,
  portal: PortalObjects,
  uniqueLeft: Map<string, number>,
): Step {
  const { object, name } = definition;
  const item = propertyItem(object, name);
  const found = portal.get(object)?.properties.get(name);
  if (found) {
    const difference = differenceOf(definition, found);
    if (difference) return { item: { item, state: 'differs', ...difference } };
    return { item: { item, state: 'exists', found: isMarked(found) ? 'made by Tributary' : 'fits' } };
  }
  if (portal.get(object)?.archived.has(name)) return archived(item, name);
  if (definition.type === 'key') {
    const left = uniqueLeft.get(object) ?? 0;
    if (left <= 0) return noneLeft(item, object);
    uniqueLeft.set(object, left - 1);
  }
  return {
    item: { item, state: 'create', found: inWords(definition) },
    scopes: [writeScope(object)],
    act: (hands) => change(hands, 'POST', propertiesPath(object), creationBody(definition)),
  };
}

/** HubSpot keeps the name of a deleted property for 90 days, and its API restores none. */
function archived(item: string, name: string): Step {
  const nextStep = `Restore it, or delete it for good, under Settings › Properties › Archived properties (${name}); then run this again.`;
  return { item: { item, state: 'by-hand', found: 'was deleted and is in the portal’s archive', nextStep } };
}

function noneLeft(item: string, object: string): Step {
  return {
    item: {
      item,
      state: 'by-hand',
      found: `cannot be made: ${object} have ${MOST_UNIQUE} properties with unique values already, and HubSpot allows no more`,
      nextStep:
        'Delete one that nobody uses under Settings › Properties and run this again, or name a unique property of yours as keyField in the mapping.',
    },
  };
}

/** HubSpot's own and the customer's: nobody here knows what they should be, only that a key must be unique. */
function planOther({ object, name, isKey, optional }: NamedProperty, portal: PortalObjects): Step[] {
  const item = propertyItem(object, name);
  const found = portal.get(object)?.properties.get(name);
  if (!found) {
    if (optional) return [];
    const nextStep = `Create it yourself under Settings › Properties${isKey ? ', with unique values' : ''}, or take it out of the mapping.`;
    const plain = 'the mapping names it, and Tributary knows no property of this name';
    return [{ item: { item, state: 'by-hand', found: plain, nextStep } }];
  }
  if (isKey && found.hasUniqueValue !== true && !isUniqueByNature(object, name))
    return [{ item: { item, state: 'differs', ...notUnique(name) } }];
  return found.hubspotDefined ? [] : [{ item: { item, state: 'exists', found: 'your own property' } }];
}
