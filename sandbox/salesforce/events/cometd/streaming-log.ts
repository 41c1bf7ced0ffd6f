import type { SandboxClock } from '../../../admin/sandbox-clock.ts';

/** Something told on a PushTopic's or a generic channel: what a subscriber gets as `data`, without its replay id. */
export interface StreamingEvent {
  replayId: number;
  /** Epoch milliseconds. */
  at: number;
  event: Readonly<Record<string, unknown>>;
  content: Readonly<Record<string, unknown>>;
}

/** What was told on each channel in the last 24 hours by the sandbox clock (facts 1.7). Replay ids count per channel. */
export interface StreamingLog {
  publish(channel: string, event: Record<string, unknown>, content: Record<string, unknown>): void;
  after(channel: string, replayId: number, limit: number): StreamingEvent[];
  isKnown(channel: string, replayId: number): boolean;
  earliest(channel: string): number;
  latest(channel: string): number;
  onPublish(listener: () => void): () => void;
}

const RETENTION_MS = 24 * 3600 * 1000;

/** Creates an empty log. It is not kept across restarts: its events are the day's, and jobs resume by reading records. */
export function createStreamingLog(clock: SandboxClock): StreamingLog {
  const channels = new Map<string, { last: number; events: StreamingEvent[] }>();
  const listeners = new Set<() => void>();

  function channelOf(name: string): { last: number; events: StreamingEvent[] } {
    const known = channels.get(name) ?? { last: 0, events: [] };
    channels.set(name, known);
    const oldest = clock.ms() - RETENTION_MS;
    const expired = known.events.findIndex((event) => event.at >= oldest);
    if (expired !== 0) known.events = expired < 0 ? [] : known.events.slice(expired);
    return known;
  }

  return {
    publish(name, event, content) {
      const channel = channelOf(name);
      channel.last += 1;
      channel.events.push({ replayId: channel.last, at: clock.ms(), event, content });
      for (const listener of listeners) listener();
    },
    after: (name, replayId, limit) =>
      channelOf(name)
        .events.filter((event) => event.replayId > replayId)
        .slice(0, limit),
    isKnown: (name, replayId) => channelOf(name).events.some((event) => event.replayId === replayId),
    earliest: (name) => (channelOf(name).events[0]?.replayId ?? channelOf(name).last + 1) - 1,
    latest: (name) => channelOf(name).last,
    onPublish(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
