import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { FaultEngine } from '../../faults/engine.ts';
import type { Random } from '../../faults/random.ts';
import type { PortalCredentials } from '../credentials.ts';
import type { Settings } from '../options.ts';
import type { Committed, JournalEntry } from '../records/change.ts';
import { deliver, type Signer } from './delivery.ts';
import { eventsOf } from './events.ts';
import { createOutbox, type Outbox, type WebhookEvent } from './outbox.ts';
import type { Subscription } from './subscriptions.ts';

/** Where to send, what, and how many requests at once. */
export interface WebhookConfiguration {
  /** `undefined` switches webhooks off. */
  targetUrl: string | undefined;
  subscriptions: Subscription[];
  maxConcurrentRequests: number;
}

/** Tells the app's target URL what happens in the portal. */
export interface WebhookSender {
  configure(wanted: WebhookConfiguration): void;
  settings(): WebhookConfiguration;
  publish(changes: readonly Committed[]): void;
  /** Events not delivered yet, and what was delivered or given up. */
  stats(): { pending: number; delivered: number; attempts: number; abandoned: number };
  replay(entry: JournalEntry): void;
  close(): void;
}

export interface SenderParts {
  settings: Settings;
  credentials: PortalCredentials;
  clock: SandboxClock;
  faults: FaultEngine;
  random: Random;
}

export const CONCURRENCY = 10;
const MAX_EVENTS = 100;
/** One first try and ten more (facts: Webhooks). */
const MAX_ATTEMPTS = 11;

/** Events that travel together; a retry sends the same ones again. */
interface Parcel {
  events: WebhookEvent[];
  attempt: number;
}

/** Creates a sender that sends nothing until it is configured. */
export function createWebhookSender(parts: SenderParts): WebhookSender {
  const { settings, credentials, clock, faults, random } = parts;
  let current: WebhookConfiguration = {
    targetUrl: undefined,
    subscriptions: [],
    maxConcurrentRequests: CONCURRENCY,
  };
  // Starts from the time, so that ids do not begin again after a restart.
  let lastEventId = clock.ms() * 1000;
  let flying = 0;
  const counts = { delivered: 0, attempts: 0, abandoned: 0 };
  const isPrivate = settings.webhookApp === 'private';
  const signer: Signer = isPrivate
    ? { version: 'v1', secret: credentials.privateAppSecret }
    : { version: 'v3', secret: credentials.clientSecret };
  const ready: Parcel[] = [];
  const stop = new AbortController();
  const collecting: Outbox<WebhookEvent> = createOutbox(clock, pack);
  const waiting: Outbox<Parcel> = createOutbox(clock, (parcels) => {
    ready.push(...parcels);
    pump();
  });

  function publish(changes: readonly Committed[]): void {
    if (current.targetUrl === undefined) return;
    for (const change of changes) {
      if (change.author.origin === 'seed') continue;
      for (const event of eventsOf(change, current.subscriptions)) enqueue(event);
    }
  }

  function enqueue({ subscription, occurredAt, fields }: ReturnType<typeof eventsOf>[number]): void {
    const event: WebhookEvent = {
      eventId: (lastEventId += 1),
      subscriptionId: subscription.id,
      portalId: credentials.portalId,
      appId: isPrivate ? credentials.privateAppId : credentials.appId,
      occurredAt,
      [settings.webhookTypeField]: subscription.eventType,
      attemptNumber: 0,
      ...fields,
    };
    const fate = faults.notification(subscription.eventType);
    for (let copy = 0; copy < fate.copies; copy += 1) {
      // A duplicate comes in a later request, as a second delivery of HubSpot's would.
      const late = fate.delayMs + (copy + (fate.reorder ? 1 : 0)) * 2 * settings.webhookBatchMs;
      collecting.put(event, settings.webhookBatchMs + late);
    }
  }

  function pack(events: WebhookEvent[]): void {
    for (let start = 0; start < events.length; start += MAX_EVENTS) {
      ready.push({ events: events.slice(start, start + MAX_EVENTS), attempt: 0 });
    }
    pump();
  }

  function pump(): void {
    while (flying < current.maxConcurrentRequests && ready.length > 0) {
      flying += 1;
      void send(ready.shift() as Parcel).finally(() => {
        flying -= 1;
        pump();
      });
    }
  }

  async function send(parcel: Parcel): Promise<void> {
    const { targetUrl } = current;
    if (targetUrl === undefined || stop.signal.aborted) return;
    const events = parcel.events.map((event) => ({ ...event, attemptNumber: parcel.attempt }));
    counts.attempts += 1;
    // Stamped afresh each time: a retry hours later must not look like a replayed request.
    const taken = await deliver(targetUrl, signer, JSON.stringify(events), clock.ms(), stop.signal);
    if (stop.signal.aborted) return;
    if (taken) counts.delivered += events.length;
    else retryLater(parcel);
  }

  function retryLater({ events, attempt }: Parcel): void {
    if (attempt + 1 >= MAX_ATTEMPTS) {
      counts.abandoned += events.length;
      return;
    }
    const wait = settings.webhookRetryBaseMs * 2 ** attempt;
    waiting.put({ events, attempt: attempt + 1 }, wait * (0.75 + random() / 2));
  }

  return {
    configure(wanted) {
      current = wanted;
    },
    settings: () => current,
    publish,
    stats: () => ({ pending: collecting.size() + waiting.size() + ready.length + flying, ...counts }),
    replay(entry) {
      if (entry.kind !== 'webhooks') return;
      const { targetUrl, subscriptions, maxConcurrentRequests = CONCURRENCY } = entry;
      current = { targetUrl, subscriptions, maxConcurrentRequests };
    },
    close() {
      stop.abort();
      collecting.close();
      waiting.close();
    },
  };
}
