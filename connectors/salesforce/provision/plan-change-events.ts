import type { Needs } from '../../../src/crm/provisioning.ts';
import type { Component } from './component.ts';
import { createStep, type Hands, type Step } from './hands.ts';
import { neededAccess } from './needed-access.ts';

const CHANNEL = 'ChangeEvents';

/** What Setup › Change Data Capture selects: one member of the standard channel for each object. */
export async function planChangeEvents(hands: Hands, needs: Needs): Promise<Step[]> {
  const names = await hands.metadata.list('PlatformEventChannelMember', hands.options());
  const members = await hands.metadata.read('PlatformEventChannelMember', names, hands.options());
  const selected = new Set(
    [...members.values()]
      .filter((member) => member['eventChannel'] === CHANNEL)
      .map((member) => member['selectedEntity']),
  );
  return neededAccess(needs).changeEvents.map((object): Step => {
    const component = channelMember(object);
    const item = changeEventsItem(object);
    if (selected.has(component.content['selectedEntity'] ?? ''))
      return { item: { item, state: 'exists', found: 'selected' }, component };
    return createStep(item, 'is selected under Change Data Capture', component);
  });
}

export function changeEventsItem(object: string): string {
  return `change events of ${object}`;
}

/** The name that Setup itself gives a selection. */
export function channelMember(object: string): Component {
  const event = object.endsWith('__c') ? `${object.slice(0, -1)}ChangeEvent` : `${object}ChangeEvent`;
  return {
    type: 'PlatformEventChannelMember',
    fullName: `${CHANNEL}_${event.replace('__', '_')}`,
    content: { eventChannel: CHANNEL, selectedEntity: event },
  };
}
