import { createHmac, randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { PortalCredentials } from '../credentials.ts';
import type { Portal } from '../portal/portal.ts';
import type { Committed, JournalEntry } from '../records/change.ts';
import { journalEventsOf } from './events.ts';
import { wants, type JournalEvent, type JournalSubscription } from './subscription.ts';

/** One file of the journal. */
export interface JournalFileEntry {
  offset: string;
  publishedAt: number;
  events: Record<string, unknown>[];
}

/** What happened in the portal, for those who come and ask (pull): files in order, kept for three days. */
export interface WebhooksJournal {
  subscriptions(): readonly JournalSubscription[];
  setSubscriptions(subscriptions: JournalSubscription[]): void;
  publish(changes: readonly Committed[]): void;
  /** Events nobody subscribed to one by one: snapshots asked for. */
  add(event: JournalEvent): void;
  uninstalled(): void;
  /** Files that can still be read, oldest first. */
  entries(): readonly JournalFileEntry[];
  /** The part of a file's URL that lets its bearer read it until `expiresAt` (epoch ms). */
  sign(offset: string, expiresAt: number): string;
  replay(entry: JournalEntry): void;
}

/** How long events can be read [D]. */
const KEPT_MS = 3 * 24 * 3600 * 1000;
/** An app being taken out of a portal; its number as HubSpot's guide has it, unconfirmed. */
const UNINSTALLED = '4-1916193';

/** Creates an empty journal. Files do not outlive the process; what is subscribed to does. */
export function createWebhooksJournal(
  portal: Portal,
  credentials: PortalCredentials,
  clock: SandboxClock,
): WebhooksJournal {
  let subscriptions: JournalSubscription[] = [];
  let files: JournalFileEntry[] = [];

  function write(events: { at: number; event: JournalEvent }[]): void {
    if (events.length === 0) return;
    const shown = events.map(({ at, event: { type, action, objectTypeId, fields } }) => {
      const occurredAt = new Date(at).toISOString();
      return { type, portalId: portal.portalId, occurredAt, action, objectTypeId, ...fields };
    });
    files.push({ offset: randomUUID(), publishedAt: clock.ms(), events: shown });
  }

  function publishEvents(events: { at: number; event: JournalEvent }[]): void {
    write(events.filter(({ event }) => subscriptions.some((one) => wants(one, event))));
  }

  return {
    subscriptions: () => subscriptions,
    setSubscriptions(wanted) {
      subscriptions = wanted;
    },
    publish(changes) {
      if (subscriptions.length === 0) return;
      const told = changes.filter(({ author }) => author.origin !== 'seed');
      publishEvents(
        told.flatMap((change) => journalEventsOf(portal, change).map((event) => ({ at: change.at, event }))),
      );
    },
    add: (event) => write([{ at: clock.ms(), event }]),
    uninstalled() {
      const event: JournalEvent = {
        ...{ type: 'appLifecycle', action: 'APP_UNINSTALL', objectTypeId: UNINSTALLED },
        fields: { appId: credentials.appId, eventTypeId: UNINSTALLED },
      };
      publishEvents([{ at: clock.ms(), event }]);
    },
    entries() {
      const oldest = clock.ms() - KEPT_MS;
      files = files.filter(({ publishedAt }) => publishedAt > oldest);
      return files;
    },
    sign: (offset, expiresAt) =>
      createHmac('sha256', credentials.clientSecret).update(`${offset} ${expiresAt}`).digest('hex'),
    replay(entry) {
      if (entry.kind === 'journal-subscriptions') subscriptions = entry.subscriptions;
    },
  };
}
