import type { PubSubError } from './pubsub-error.ts';
import type { EndStream } from './subscription.ts';

/** The streams that clients hold open. */
export interface OpenStreams {
  readonly count: number;
  add(end: EndStream): void;
  delete(end: EndStream): void;
  /** Ends all, in good order or with an error. Returns how many. */
  endAll(error?: PubSubError): number;
}

/** Creates an empty set of streams. */
export function createOpenStreams(): OpenStreams {
  const streams = new Set<EndStream>();
  return {
    get count() {
      return streams.size;
    },
    add: (end) => void streams.add(end),
    delete: (end) => void streams.delete(end),
    endAll(error) {
      const ended = [...streams];
      for (const end of ended) end(error);
      return ended.length;
    },
  };
}
