import type { SandboxClock } from '../../../admin/sandbox-clock.ts';
import type { DeliveryAllowance } from '../delivery-allowance.ts';
import type { Channel, Feed } from './feed.ts';

/** What a connect is answered with. */
export interface Poll {
  messages: object[];
  /** The org may be sent no more events today. */
  exhausted: boolean;
}

/** One CometD client, from its handshake until it disconnects or stays away. */
export interface CometdClient {
  readonly id: string;
  readonly token: string;
  subscribe(name: string, channel: Channel, position: number): void;
  unsubscribe(name: string): void;
  /**
   * Answers at once the first time, when there is something to tell or when the client does not want to wait;
   * else when there is something, or the time is up.
   */
  connect(atOnce: boolean): Promise<Poll>;
  close(): void;
}

/** How long a connect is held, and how long a client may stay away between two (facts 1.8). */
export const CONNECT_TIMEOUT_MS = 110_000;
const RECONNECT_MS = 40_000;
const MOST_AT_ONCE = 100;

/** Opens a client. `onGone` is told when it stayed away for too long, by the sandbox clock. */
export function createCometdClient(
  id: string,
  token: string,
  clock: SandboxClock,
  allowance: DeliveryAllowance,
  onGone: () => void,
): CometdClient {
  const feeds = new Map<string, Feed>();
  let isFirst = true;
  let release: (() => void) | undefined;
  let cancelGone = clock.after(RECONNECT_MS, gone);
  let wakeScheduled = false;
  let closed = false;

  function gone(): void {
    close();
    onGone();
  }

  function close(): void {
    closed = true;
    cancelGone();
    for (const feed of feeds.values()) feed.stop();
    feeds.clear();
    release?.();
  }

  function wake(): void {
    if (wakeScheduled) return;
    wakeScheduled = true;
    setImmediate(() => {
      wakeScheduled = false;
      release?.();
    });
  }

  function take(): Poll {
    const due: object[] = [];
    for (const feed of feeds.values()) due.push(...feed.take(MOST_AT_ONCE));
    const allowed = due.length === 0 ? 0 : allowance.take(due.length);
    return { messages: due.slice(0, allowed), exhausted: allowed < due.length };
  }

  function hold(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(CONNECT_TIMEOUT_MS, () => release?.());
      release = () => {
        release = undefined;
        cancel();
        resolve();
      };
    });
  }

  return {
    id,
    token,
    subscribe(name, channel, position) {
      feeds.get(name)?.stop();
      feeds.set(name, channel.open(position, wake));
      wake();
    },
    unsubscribe(name) {
      feeds.get(name)?.stop();
      feeds.delete(name);
    },
    async connect(atOnce) {
      cancelGone();
      // A client has one connect at a time: an earlier one that is still held was given up by it.
      release?.();
      let poll = take();
      if (!isFirst && !atOnce && poll.messages.length === 0 && !poll.exhausted) {
        await hold();
        poll = take();
      }
      isFirst = false;
      if (!closed) cancelGone = clock.after(RECONNECT_MS, gone);
      return poll;
    },
    close,
  };
}
