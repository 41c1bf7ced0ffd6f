import type { RemovalChoice } from '../../../src/crm/provisioning.ts';
import { isOurs, type Content } from './component.ts';
import { countRecords, type RecordCounter } from './count-records.ts';
import { fieldDefinitions } from './field-definitions.ts';
import type { Hands, Step } from './hands.ts';
import { shows, withoutFields } from './layout-section.ts';
import { INTEGRATION_SET, READER_SET } from './permission-set.ts';
import { changeEventsItem, channelMember } from './plan-change-events.ts';
import { layoutItem } from './plan-layouts.ts';
import { assignments, rows } from './plan-permissions.ts';
import { DATA_PATH } from '../versions.ts';

/** What earlier runs made, in the order in which it can go: nothing that is still referred to. */
export async function planRemovalSteps(
  hands: Hands,
  { made }: RemovalChoice,
  count: RecordCounter,
): Promise<Step[]> {
  const fields = await ownFields(hands);
  const removable = new Set([...fields].filter(([, content]) => isOurs(content)).map(([name]) => name));
  return [
    ...(await removePermissionSets(hands)),
    ...(await removeChangeEvents(hands, made)),
    ...(await clearLayouts(hands, removable)),
    ...keepValues(made),
    ...(await removeFields(fields, count)),
  ];
}

/** Fields of the org that bear a name of ours, whoever made them. */
async function ownFields(hands: Hands): Promise<Map<string, Content>> {
  const known = new Set(fieldDefinitions.map(({ name }) => name));
  const all = await hands.metadata.list('CustomField', hands.options());
  const named = all.filter((fullName) => known.has(fullName.split('.')[1] ?? '')).sort();
  return hands.metadata.read('CustomField', named, hands.options());
}

async function removePermissionSets(hands: Hands): Promise<Step[]> {
  const names = [INTEGRATION_SET, READER_SET];
  const found = await hands.metadata.read('PermissionSet', names, hands.options());
  const steps: Step[] = [];
  for (const [name, content] of found) {
    const item = `permission set ${name}`;
    if (!isOurs(content)) {
      steps.push({ item: { item, state: 'stays', found: 'was not made by Tributary' } });
      continue;
    }
    const ids = (await rows(hands, 'PermissionSet', 'Name', [name])).map(({ Id }) => Id);
    const given = await assignments(hands, ids);
    if (given.length > 0)
      steps.push({
        item: { item: `assignments of ${name}`, state: 'remove', found: `${given.length} users have it` },
        act: (acting) => unassign(acting, ids),
      });
    steps.push({
      item: { item, state: 'remove', found: 'made by Tributary' },
      act: ({ metadata, options }) => metadata.remove('PermissionSet', name, options()),
    });
  }
  return steps;
}

async function unassign(hands: Hands, setIds: readonly string[]): Promise<void> {
  for (const { Id } of await assignments(hands, setIds)) {
    const path = `${DATA_PATH}/sobjects/PermissionSetAssignment/${Id}`;
    await hands.client.send({ stage: 'provision', write: true, method: 'DELETE', path }, hands.options());
  }
}

/** A selection bears no mark: it goes only when an earlier run told of having made it. */
async function removeChangeEvents(hands: Hands, made: ReadonlySet<string>): Promise<Step[]> {
  const names = await hands.metadata.list('PlatformEventChannelMember', hands.options());
  const members = await hands.metadata.read('PlatformEventChannelMember', names, hands.options());
  const steps: Step[] = [];
  for (const item of made) {
    const object = item.startsWith(changeEventsItem('')) ? item.slice(changeEventsItem('').length) : null;
    if (object === null) continue;
    const { selectedEntity, eventChannel } = channelMember(object).content;
    const member = [...members].find(
      ([, content]) =>
        content['selectedEntity'] === selectedEntity && content['eventChannel'] === eventChannel,
    );
    if (!member) continue;
    steps.push({
      item: { item, state: 'remove', found: 'is no longer selected; whoever else listens stops hearing' },
      act: ({ metadata, options }) => metadata.remove('PlatformEventChannelMember', member[0], options()),
    });
  }
  return steps;
}

async function clearLayouts(hands: Hands, removable: ReadonlySet<string>): Promise<Step[]> {
  const objects = [...new Set([...removable].map((name) => name.split('.')[0] ?? ''))];
  const all = await hands.metadata.list('Layout', hands.options());
  const names = all.filter((name) => objects.includes(name.slice(0, name.indexOf('-'))));
  const found = await hands.metadata.read('Layout', names, hands.options());
  return [...found].flatMap(([fullName, layout]): Step[] => {
    const object = fullName.slice(0, fullName.indexOf('-'));
    const fields = [...removable].filter((name) => name.startsWith(`${object}.`));
    const gone = new Set(fields.map((name) => name.split('.')[1] ?? ''));
    if (!shows(layout, gone)) return [];
    return [
      {
        item: {
          item: layoutItem(fullName),
          state: 'remove',
          found: 'our fields and their section are taken off',
        },
        act: ({ metadata, options }) =>
          metadata.update('Layout', fullName, withoutFields(layout, gone), options()),
      },
    ];
  });
}

/** Records hold it, and other values of the same list are the customer's: the Metadata API could only write the list whole. */
function keepValues(made: ReadonlySet<string>): Step[] {
  return [...made]
    .filter((item) => item.startsWith('picklist value '))
    .map((item) => ({
      item: {
        item,
        state: 'stays',
        found: 'records may hold it',
        nextStep: 'Deactivate it yourself: Setup › Object Manager › Opportunity › Lead Source.',
      },
    }));
}

async function removeFields(fields: ReadonlyMap<string, Content>, count: RecordCounter): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [name, content] of fields) {
    const item = `field ${name}`;
    if (!isOurs(content)) {
      steps.push({ item: { item, state: 'stays', found: 'was not made by Tributary' } });
      continue;
    }
    const found = await countRecords(count, name, String(content['type']));
    steps.push({
      item: { item, state: 'remove', found },
      act: ({ metadata, options }) => metadata.remove('CustomField', name, options()),
    });
  }
  return steps;
}
