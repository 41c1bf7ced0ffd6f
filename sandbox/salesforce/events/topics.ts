import type { Schema } from '../schema/schema.ts';
import type { ChangeEvent } from './change-log.ts';
import { buildChannelSchema, buildEventSchema, type EventSchema } from './event-schema.ts';

/** A channel one can subscribe to. */
export interface Topic {
  name: string;
  schema: EventSchema;
  carries(event: ChangeEvent): boolean;
}

/** The channels of an org, and the schemas of what they carry. */
export interface Topics {
  find(name: string): Topic | undefined;
  schema(id: string): EventSchema | undefined;
  /** The schema an event is encoded with, whatever channel it comes through. */
  schemaOf(event: ChangeEvent): EventSchema;
}

/** Builds `/data/<Object>ChangeEvent` for every tracked object, and `/data/ChangeEvents` for all of them. */
export function buildTopics(schema: Schema): Topics {
  const byObject = new Map<string, EventSchema>();
  const topics = new Map<string, Topic>();
  const all = buildChannelSchema('ChangeEvents');
  topics.set('/data/ChangeEvents', { name: '/data/ChangeEvents', schema: all, carries: () => true });
  for (const type of schema.objects) {
    if (!type.definition.changeEvents) continue;
    const eventSchema = buildEventSchema(type);
    byObject.set(type.name, eventSchema);
    const name = `/data/${type.name}ChangeEvent`;
    topics.set(name, { name, schema: eventSchema, carries: (event) => event.type === type });
  }
  const byId = new Map([all, ...byObject.values()].map((one) => [one.id, one]));
  return {
    find: (name) => topics.get(name),
    schema: (id) => byId.get(id),
    schemaOf: (event) => byObject.get(event.type.name) ?? all,
  };
}
