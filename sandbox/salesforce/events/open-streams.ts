import type { PubSubError } from './pubsub-error.ts';

/** A stream, as whoever looks at all of them sees it. */
interface OpenStream {
  readonly topic: { name: string } | undefined;
  /** The newest replay id the client was told. */
  position(): number;
  /** How many more events the client wants. */
  pending(): number;
  /** Ends it from this side, in good order or with an error. */
  finish(error?: PubSubError): void;
}

/** The streams that clients hold open. */
export interface OpenStreams {
  readonly count: number;
  add(stream: OpenStream): void;
  delete(stream: OpenStream): void;
  /** Topic, newest replay id told and events still wanted, of each stream. */
  list(): { topic: string | undefined; position: number; pending: number }[];
  /** Ends all, in good order or with an error. Returns how many. */
  endAll(error?: PubSubError): number;
}

/** Creates an empty set of streams. */
export function createOpenStreams(): OpenStreams {
  const streams = new Set<OpenStream>();
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
