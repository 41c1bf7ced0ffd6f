import type { RemovalChoice } from '../../../src/crm/provisioning.ts';
import type { Caller } from '../call.ts';
import { associationLabelsPath, propertiesPath, propertyGroupsPath } from '../versions.ts';
import { clearTarget, readAppWebhooks, unsubscribe } from './app-webhooks.ts';
import { countRecords } from './count-records.ts';
import { change, type Hands, type Step } from './hands.ts';
import { findPartnerLabel, partnerLabelItem } from './partner-label.ts';
import { groupItem, propertyItem } from './plan-properties.ts';
import { subscriptionItem, targetItem, type WebhookApp } from './plan-webhooks.ts';
import { isMarked } from './property-content.ts';
import { GROUP, propertyDefinitions, type PropertyDefinition } from './property-definitions.ts';
import { readPortal, type PortalObjects } from './read-portal.ts';

/** What earlier runs made, in the order in which it can go: nothing that is still referred to. */
export async function planRemovalSteps(
  hands: Hands,
  counting: Caller,
  app: WebhookApp,
  { made }: RemovalChoice,
): Promise<Step[]> {
  const objects = [...new Set(propertyDefinitions.map(({ object }) => object))];
  const portal = await readPortal(hands, objects);
  const properties: Step[] = [];
  for (const one of propertyDefinitions)
    properties.push(...(await removeProperty(hands, counting, portal, one)));
  return [
    ...(await removeWebhooks(hands, app, made)),
    ...(await removeLabel(hands, made)),
    ...properties,
    ...objects.flatMap((object) => removeGroup(portal, object, made)),
  ];
}

async function removeProperty(
  { options }: Hands,
  counting: Caller,
  portal: PortalObjects,
  { object, name }: PropertyDefinition,
): Promise<Step[]> {
  const found = portal.get(object)?.properties.get(name);
  if (!found) return [];
  const item = propertyItem(object, name);
  if (!isMarked(found)) return [stays(item, 'was not made by Tributary')];
  const carried = await countRecords(counting, object, name, options());
  return [
    {
      item: { item, state: 'remove', found: carried },
      act: (hands) => change(hands, 'DELETE', propertiesPath(object, name)),
    },
  ];
}

/** HubSpot takes away no group that holds a property, and one with somebody else's in it is theirs by now. */
function removeGroup(portal: PortalObjects, object: string, made: ReadonlySet<string>): Step[] {
  const item = groupItem(object);
  const found = portal.get(object);
  if (!found?.groups.has(GROUP.name)) return [];
  if (!made.has(item)) return [stays(item, 'was not made by Tributary')];
  const theirs = [...found.properties.values()].filter(
    (one) => one.groupName === GROUP.name && !(isOurs(object, one.name) && isMarked(one)),
  );
  if (theirs.length > 0)
    return [stays(item, `holds properties of yours: ${theirs.map(({ name }) => name).join(', ')}`)];
  return [
    {
      item: { item, state: 'remove', found: 'is empty then' },
      act: (hands) => change(hands, 'DELETE', propertyGroupsPath(object, GROUP.name)),
    },
  ];
}

function isOurs(object: string, name: string): boolean {
  return propertyDefinitions.some((one) => one.object === object && one.name === name);
}

/** A label bears no mark: it goes only when an earlier run told of having made it. */
async function removeLabel(hands: Hands, made: ReadonlySet<string>): Promise<Step[]> {
  const typeId = await findPartnerLabel(hands);
  if (typeId === null) return [];
  if (!made.has(partnerLabelItem)) return [stays(partnerLabelItem, 'was not made by Tributary')];
  const path = associationLabelsPath('deals', 'companies', typeId);
  return [
    {
      item: {
        item: partnerLabelItem,
        state: 'remove',
        found: 'companies stay associated, without the label',
      },
      act: (acting) => change(acting, 'DELETE', path),
    },
  ];
}

async function removeWebhooks(
  hands: Hands,
  { appId }: WebhookApp,
  made: ReadonlySet<string>,
): Promise<Step[]> {
  const items = [...made].filter((item) => item.startsWith('webhook '));
  if (items.length === 0) return [];
  if (!hands.developer || appId === undefined)
    return items.map((item) =>
      stays(item, 'cannot be reached without HUBSPOT_DEVELOPER_API_KEY and HUBSPOT_APP_ID'),
    );
  const { subscriptions, targetUrl } = await readAppWebhooks(hands.developer, appId, hands.options);
  const steps = subscriptions
    .filter((one) => made.has(subscriptionItem(one)))
    .map((one): Step => {
      const found = 'every portal with this app stops being heard of';
      return {
        item: { item: subscriptionItem(one), state: 'remove', found },
        act: (acting) => unsubscribe(acting, appId, one.id),
      };
    });
  if (!made.has(targetItem) || targetUrl === null) return steps;
  return [
    ...steps,
    {
      item: { item: targetItem, state: 'remove', found: targetUrl },
      act: (acting) => clearTarget(acting, appId),
    },
  ];
}

function stays(item: string, found: string): Step {
  return { item: { item, state: 'stays', found } };
}
