import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import type { ChangeEvent, PendingEvent } from './change-event.ts';

/**
 * What the journal keeps of events that no write caused. Events of writes are not in it: they are worked out again
 * from the writes, and get their old replay ids, as long as everything that takes an id is replayed in its old order.
 */
const eventsEntry = z.object({
  t: z.literal('events'),
  key: z.string(),
  events: z.array(z.looseObject({ object: z.string() })),
});
const positionEntry = z.object({ t: z.literal('event-position'), at: z.number() });

/** Adds events to the log and the journal. */
export function appendEvents(
  sandbox: Sandbox,
  events: readonly PendingEvent[],
  transactionKey: string,
): ChangeEvent[] {
  const kept = events.map(({ type, ...event }) => ({ object: type.name, ...event }));
  sandbox.journal.append({ t: 'events', key: transactionKey, events: kept });
  return sandbox.changes.add(events, transactionKey);
}

/** Readers of the journal's entries about events, by their `t`. */
export const EVENT_ENTRY_READERS: Readonly<Record<string, (sandbox: Sandbox, entry: unknown) => void>> = {
  events(sandbox, entry) {
    const { key, events } = eventsEntry.parse(entry);
    sandbox.changes.add(
      events.map(({ object, ...event }) => ({ ...event, type: typeOf(sandbox, object) }) as PendingEvent),
      key,
    );
  },
  'event-position': (sandbox, entry) => sandbox.changes.restorePosition(positionEntry.parse(entry).at),
};

function typeOf(sandbox: Sandbox, objectName: string): PendingEvent['type'] {
  const type = sandbox.org.preset.schema.object(objectName);
  if (type === undefined) throw new Error(`the journal has an event of an unknown object: ${objectName}`);
  return type;
}
