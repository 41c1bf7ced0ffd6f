import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import type { ObjectType } from '../../schema/schema.ts';
import { checkDeveloperName } from '../check-field.ts';
import type { Component } from '../component-store.ts';
import { integrity, MetadataError, missing, notFoundByName } from '../metadata-error.ts';
import { listOf, optionalText, readContent, readShape, type Plain } from '../plain.ts';
import type { MetadataKind } from './kind.ts';

const TYPE = 'PlatformEventChannelMember';

/** The channel that carries every selected object; what is on it is what the org publishes. */
const STANDARD_CHANNEL = 'ChangeEvents';

const shape = z.strictObject({
  fullName: optionalText,
  enrichedFields: listOf(z.strictObject({ name: z.string() })).transform((all) =>
    all.length === 0 ? undefined : all,
  ),
  eventChannel: optionalText,
  filterExpression: optionalText,
  selectedEntity: optionalText,
});

/** Which objects publish change events: one member of the channel `ChangeEvents` for each. */
export const channelMemberKind: MetadataKind = {
  type: TYPE,
  directory: 'platformEventChannelMembers',
  suffix: 'platformEventChannelMember',
  since: 47,
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create(work, fullName, plain) {
    checkDeveloperName(fullName);
    const content = checked(work.sandbox, plain);
    const members = work.sandbox.metadata.list(TYPE);
    if (
      members.some(
        (one) => one.fullName.toLowerCase() === fullName.toLowerCase() || selectsSame(one, content),
      )
    ) {
      throw new MetadataError(
        'DUPLICATE_VALUE',
        `duplicate value found: ${content.selectedEntity} is already a member of ${content.eventChannel}`,
      );
    }
    refuseTooMany(work.sandbox, members);
    work.put(TYPE, fullName, { ...content });
  },
  update(work, fullName, plain) {
    const before = existing(work.sandbox, fullName);
    const content = checked(work.sandbox, plain);
    if (!selectsSame(before, content))
      throw integrity('EventChannel and SelectedEntity cannot be changed', 'selectedEntity');
    work.put(TYPE, before.fullName, { ...content });
  },
  delete: (work, fullName) => work.remove(existing(work.sandbox, fullName)),
  read: (sandbox, fullName) => sandbox.metadata.get(TYPE, fullName)?.content,
  list: (sandbox) => sandbox.metadata.list(TYPE),
};

function existing(sandbox: Sandbox, fullName: string): Component {
  const found = sandbox.metadata.get(TYPE, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}

interface Member extends Plain {
  eventChannel: string;
  selectedEntity: string;
}

function selectsSame(component: Component, content: Member): boolean {
  return (
    component.content['eventChannel'] === content.eventChannel &&
    String(component.content['selectedEntity']).toLowerCase() === content.selectedEntity.toLowerCase()
  );
}

function checked(sandbox: Sandbox, plain: Plain): Member {
  const content = readContent(shape, TYPE, plain);
  const { eventChannel, selectedEntity } = content;
  if (eventChannel === undefined) throw missing('eventChannel');
  if (selectedEntity === undefined) throw missing('selectedEntity');
  const channels = [STANDARD_CHANNEL, ...Object.keys(sandbox.org.settings.cdcChannels)];
  if (!channels.includes(eventChannel))
    throw new MetadataError('INVALID_CROSS_REFERENCE_KEY', 'Unable to find the specified channel', [
      'eventChannel',
    ]);
  const type = typeOfEvent(sandbox, selectedEntity);
  if (type === undefined)
    throw new MetadataError('INVALID_CROSS_REFERENCE_KEY', 'invalid event in selectedEntity', [
      'selectedEntity',
    ]);
  for (const { name } of content.enrichedFields ?? []) {
    if (type.field(name) === undefined)
      throw integrity(`The selected field, ${name}, isn't valid.`, 'enrichedFields');
  }
  return { ...content, eventChannel, selectedEntity: eventName(type) };
}

/** Name of the event that tells of an object's changes. */
function eventName(type: ObjectType): string {
  return type.name.endsWith('__c') ? `${type.name.slice(0, -1)}ChangeEvent` : `${type.name}ChangeEvent`;
}

function typeOfEvent(sandbox: Sandbox, event: string): ObjectType | undefined {
  return sandbox.org.preset.schema.objects.find(
    (type) => type.definition.changeEvents && eventName(type).toLowerCase() === event.toLowerCase(),
  );
}

function refuseTooMany(sandbox: Sandbox, members: readonly Component[]): void {
  const most = sandbox.org.settings.cdcMaxSelectedEntities;
  const selected = new Set(members.map((one) => one.content['selectedEntity']));
  if (selected.size < most) return;
  throw new MetadataError(
    'LIMIT_EXCEEDED',
    `You can select at most ${most} entities for Change Data Capture`,
  );
}

/** Lets the org publish the object's changes, or no longer. */
export function followChannelMember(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  const { content } = (after ?? before) as Component;
  const type = typeOfEvent(sandbox, String(content['selectedEntity']));
  if (type === undefined || content['eventChannel'] !== STANDARD_CHANNEL) return;
  if (after === undefined) sandbox.selectedEntities.unselect(type.name);
  else sandbox.selectedEntities.select(type.name);
}

/** The members an org is founded with: one for each object it publishes from the start. */
export function foundingMembers(sandbox: Sandbox): { fullName: string; content: Plain }[] {
  return sandbox.selectedEntities.list().flatMap((name) => {
    const type = sandbox.org.preset.schema.object(name);
    if (type === undefined) return [];
    const selectedEntity = eventName(type);
    return [
      {
        fullName: `${STANDARD_CHANNEL}_${selectedEntity.replace('__', '_')}`,
        content: { eventChannel: STANDARD_CHANNEL, selectedEntity },
      },
    ];
  });
}
