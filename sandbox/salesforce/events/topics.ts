import type { ObjectType, Schema } from '../schema/schema.ts';
import { changeEventName, type ChangeEvent } from './change-event.ts';
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

/** What of an org decides about its channels; asked each time, because administrators change it while it runs. */
export interface TopicSource {
  schema(): Schema;
  publishes(type: ObjectType): boolean;
  /** Custom channels: the objects whose events each carries, by the channel's name without `/data/`. */
  channels(): Readonly<Record<string, readonly string[]>>;
}

/**
 * The channels `/data/<Object>ChangeEvent` for every selected object, `/data/<Object>__ChangeEvent` for custom ones,
 * `/data/ChangeEvents` for all of them, and `/data/<Name>__chn` for an administrator's own choice.
 */
export function createTopics(source: TopicSource): Topics {
  // An object's definition is never changed in place: another one is another key.
  const built = new WeakMap<ObjectType, EventSchema>();
  const byId = new Map<string, EventSchema>();

  function remembered(schema: EventSchema): EventSchema {
    byId.set(schema.id, schema);
    return schema;
  }

  /** A changed object has another schema with another id; the old one stays readable for the events written with it. */
  function schemaOfType(type: ObjectType): EventSchema {
    const known = built.get(type);
    if (known !== undefined) return known;
    const schema = remembered(buildEventSchema(type));
    built.set(type, schema);
    return schema;
  }

  function objectTopic(name: string): Topic | undefined {
    const type = source
      .schema()
      .objects.find((one) => `/data/${changeEventName(one.name)}` === name && source.publishes(one));
    if (type === undefined) return undefined;
    return { name, schema: schemaOfType(type), carries: (event) => event.type.name === type.name };
  }

  function customChannel(name: string): Topic | undefined {
    const objects = source.channels()[name.slice('/data/'.length)];
    if (objects === undefined || !name.startsWith('/data/')) return undefined;
    const carried = new Set(objects);
    const schema = remembered(buildChannelSchema('ChangeEvents'));
    return { name, schema, carries: (event) => carried.has(event.type.name) };
  }

  return {
    find(name) {
      if (name === '/data/ChangeEvents') {
        return { name, schema: remembered(buildChannelSchema('ChangeEvents')), carries: () => true };
      }
      return objectTopic(name) ?? customChannel(name);
    },
    schema(id) {
      // After a restart a client may ask for a schema before anything was encoded with it.
      if (!byId.has(id))
        for (const type of source.schema().objects) if (source.publishes(type)) schemaOfType(type);
      return byId.get(id);
    },
    schemaOf: (event) => schemaOfType(event.type),
  };
}
