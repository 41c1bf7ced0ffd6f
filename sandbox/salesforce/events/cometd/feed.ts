import { createDeliveries, type DeliverySource } from '../deliveries.ts';
import type { Topic, Topics } from '../topics.ts';
import { renderDatetime } from '../../rest/render.ts';
import { changeMessage } from './change-message.ts';
import type { StreamingLog } from './streaming-log.ts';

/** What one subscription still has to be told. */
export interface Feed {
  /** The next messages, at most so many, each with its channel. */
  take(limit: number): object[];
  stop(): void;
}

/** A channel that exists, and how to follow it from a replay id on (facts 1.8: −1 new ones, −2 all retained). */
export interface Channel {
  /** The position a replay id stands for; undefined when the id is none of this channel's. */
  position(replayId: number): number | undefined;
  open(position: number, wake: () => void): Feed;
}

const ONLY_NEW = -1;
const ALL = -2;

/** `/data/…`: change events, disturbed by the same fault rules as on the Pub/Sub API. */
export function changeChannel(sandbox: DeliverySource, topics: Topics, topic: Topic): Channel {
  const { changes } = sandbox;
  return {
    position(replayId) {
      if (replayId === ONLY_NEW) return changes.latest();
      if (replayId === ALL) return changes.earliest();
      return changes.isKnown(replayId) ? replayId : undefined;
    },
    open(position, wake) {
      const deliveries = createDeliveries(sandbox, topic, position, wake);
      const stopListening = changes.onPublish(wake);
      return {
        take: (limit) =>
          deliveries
            .take(limit)
            .map((event) => ({ channel: topic.name, data: changeMessage(topics.schemaOf(event), event) })),
        stop() {
          stopListening();
          deliveries.stop();
        },
      };
    },
  };
}

/** `/topic/…` and `/u/…`: PushTopics and generic channels. */
export function streamingChannel(log: StreamingLog, name: string): Channel {
  return {
    position(replayId) {
      if (replayId === ONLY_NEW) return log.latest(name);
      if (replayId === ALL) return log.earliest(name);
      return log.isKnown(name, replayId) ? replayId : undefined;
    },
    open(start, wake) {
      let position = start;
      const stop = log.onPublish(wake);
      return {
        take(limit) {
          const events = log.after(name, position, limit);
          position = events.at(-1)?.replayId ?? position;
          return events.map(({ replayId, at, event, content }) => ({
            channel: name,
            data: { event: { createdDate: renderDatetime(at), replayId, ...event }, ...content },
          }));
        },
        stop,
      };
    },
  };
}
