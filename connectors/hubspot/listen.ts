/** HubSpot's webhooks: is this genuine, and which deals does it speak of? */
import type { ChangeHint, ParsedWebhook, WebhookReceiver } from '../../src/crm/connector.ts';
import type { HubspotSettings } from './config.ts';
import { WebhookEvent } from './schema.ts';
import { refusalOf } from './signature.ts';

const NOT_EVENTS = 'not a JSON array of events';

const DEAL_TYPE_ID = '0-3';
/** HubSpot sends no more at once (facts 2). */
const MOST_EVENTS = 100;

export const webhook: WebhookReceiver<HubspotSettings> = {
  refuse: (request, secrets, now, settings) =>
    refusalOf(request, { secrets, now, accept: settings?.webhookSignature ?? 'v3' }),
  malformed,
  parse,
};

/** HubSpot never sends such a body: whoever did is not HubSpot, or something on the way changed it. */
function malformed(rawBody: Buffer): string | null {
  const elements = elementsOf(rawBody);
  if (elements === null) return NOT_EVENTS;
  return elements.length > MOST_EVENTS
    ? `${elements.length} events, and HubSpot sends ${MOST_EVENTS} at most`
    : null;
}

/** Hints in the order received. A bad element is returned apart; events about other things than deals are passed over. */
function parse(rawBody: Buffer, ourAppId: string | undefined): ParsedWebhook {
  const elements = elementsOf(rawBody);
  if (elements === null) {
    return {
      hints: [],
      bad: [{ element: rawBody.toString('utf8').slice(0, 1000), reason: NOT_EVENTS }],
    };
  }
  const hints: ParsedWebhook['hints'][number][] = [];
  const bad: { element: unknown; reason: string }[] = [];
  for (const element of elements) {
    const read = readEvent(element, ourAppId);
    if (typeof read === 'string') bad.push({ element, reason: read });
    else hints.push(...read);
  }
  return { hints, bad };
}

function elementsOf(rawBody: Buffer): unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(rawBody.toString('utf8'));
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function readEvent(element: unknown, ourAppId: string | undefined): ParsedWebhook['hints'] | string {
  const parsed = WebhookEvent.safeParse(element);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'not valid'}`;
  }
  const event = parsed.data;
  const type = event.subscriptionType ?? event.eventType;
  if (type === undefined) return 'subscriptionType: missing';
  const [subject, what] = type.split('.');
  if (subject === 'object' && event.objectTypeId === undefined) return 'objectTypeId: missing';
  if (what === 'associationChange') return associationHints(event, ourAppId);
  const aboutDeals = subject === 'deal' || (subject === 'object' && event.objectTypeId === DEAL_TYPE_ID);
  return aboutDeals ? hintsOf(event, what ?? '', ourAppId) : [];
}

function hintsOf(
  event: WebhookEvent,
  what: string,
  ourAppId: string | undefined,
): ParsedWebhook['hints'] | string {
  const change = changeOf(what);
  const ids = change === 'merged' ? mergeIds(event) : event.objectId === undefined ? [] : [event.objectId];
  if (ids.length === 0) return change === 'merged' ? 'a merge that names no record' : 'objectId: missing';
  const fields = change === 'updated' && event.propertyName !== undefined ? [event.propertyName] : [];
  return ids.map((crmId) => ({ ...commonOf(event, crmId, ourAppId), change, fields }));
}

/**
 * The deal at either end. Which fields follow from it is not known, so that it is never taken for our own echo. Types are
 * named as in DEAL_TO_COMPANY; of two deals both count.
 */
function associationHints(
  event: WebhookEvent,
  ourAppId: string | undefined,
): ParsedWebhook['hints'] | string {
  const { associationType = '', fromObjectId, toObjectId } = event;
  if (fromObjectId === undefined) return 'fromObjectId: missing';
  if (toObjectId === undefined) return 'toObjectId: missing';
  const [from, to] = associationType.split('_TO_');
  const deals = [...(from === 'DEAL' ? [fromObjectId] : []), ...(to === 'DEAL' ? [toObjectId] : [])];
  return deals.map((crmId) => ({ ...commonOf(event, crmId, ourAppId), change: 'updated', fields: [] }));
}

type Common = Omit<ParsedWebhook['hints'][number], 'change' | 'fields'>;

function commonOf(event: WebhookEvent, crmId: string, ourAppId: string | undefined): Common {
  const committed = event.occurredAt === undefined ? {} : { committedAt: new Date(event.occurredAt) };
  const eventKey = eventKeyOf(event, crmId);
  return {
    ...{ accountId: event.portalId, crmId, ours: isOurs(event, ourAppId), ...committed },
    ...(eventKey === null ? {} : { eventKey }),
  };
}

/**
 * What a second delivery of an event has in common with the first: all but `attemptNumber`. `eventId` alone is not unique
 * (facts 2). Null where the event does not say when it happened: two changes could not be told apart.
 */
function eventKeyOf(event: WebhookEvent, crmId: string): string | null {
  if (event.occurredAt === undefined) return null;
  const { portalId, subscriptionType, eventType, objectId, propertyName, eventId, occurredAt } = event;
  const ends = [event.fromObjectId, event.toObjectId, event.associationType];
  const named = [portalId, subscriptionType ?? eventType, objectId, propertyName, eventId, occurredAt];
  return JSON.stringify([...named, crmId, ...ends].map((part) => part ?? null));
}

function changeOf(what: string): ChangeHint['change'] {
  switch (what) {
    case 'creation':
      return 'created';
    case 'propertyChange':
      return 'updated';
    case 'deletion':
    case 'privacyDeletion':
      return 'deleted';
    case 'restore':
      return 'undeleted';
    case 'merge':
      return 'merged';
    default:
      return 'unknown';
  }
}

/** All of them: which one our records hang on is for the reader to find out. */
function mergeIds({ objectId, primaryObjectId, mergedObjectIds, newObjectId }: WebhookEvent): string[] {
  const ids = [primaryObjectId, ...(mergedObjectIds ?? []), newObjectId, objectId];
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** `appId` in an event is the app that subscribed, which is always ours; who made the change is `sourceId`. */
function isOurs({ changeSource, sourceId }: WebhookEvent, ourAppId: string | undefined): boolean {
  if (ourAppId === undefined || changeSource !== 'INTEGRATION') return false;
  return sourceId !== null && sourceId !== undefined && String(sourceId) === ourAppId;
}
