import type { EventStream } from './event-stream.ts';
import type { PubSubError } from './pubsub-error.ts';

/** The streams that clients hold open. */
export interface OpenStreams {
  readonly count: number;
  add(stream: EventStream): void;
  delete(stream: EventStream): void;
  /** Topic, newest replay id told and events still wanted, of each stream. */
  list(): { topic: string | undefined; position: number; pending: number }[];
  /** Ends all, in good order or with an error. Returns how many. */
  endAll(error?: PubSubError): number;
}

/** Creates an empty set of streams. */
export function createOpenStreams(): OpenStreams {
  const streams = new Set<EventStream>();
  return {
    get count() {
      return streams.size;
    },
    add: (stream) => void streams.add(stream),
    delete: (stream) => void streams.delete(stream),
    list: () =>
      [...streams].map((stream) => ({
        topic: stream.topic?.name,
        position: stream.position(),
        pending: stream.pending(),
      })),
    endAll(error) {
      const ended = [...streams];
      for (const stream of ended) stream.finish(error);
      return ended.length;
    },
  };
}
