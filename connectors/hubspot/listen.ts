/** HubSpot's webhooks: is this genuine, and which deals does it speak of? */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ChangeHint, ParsedWebhook, WebhookReceiver, WebhookRequest } from '../../src/crm/connector.ts';
import { WebhookEvent } from './schema.ts';

/** HubSpot's own limit on how old a signed request may be; a request from the future is as suspect. */
const WINDOW_MS = 5 * 60_000;
/** The escapes that HubSpot undoes before it signs a URI, and no others. */
const SIGNED_DECODED = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;
const DEAL_TYPE_ID = '0-3';

export const webhook: WebhookReceiver = { refuse, parse };

/** Checks the v3 signature: the only one that covers the time, so that a recorded request cannot be sent again later. */
function refuse(request: WebhookRequest, secrets: readonly string[], now: Date): string | null {
  const signature = header(request, 'x-hubspot-signature-v3');
  if (signature === undefined) return withoutV3(request, secrets);
  const timestamp = header(request, 'x-hubspot-request-timestamp') ?? '';
  if (!/^\d{1,15}$/.test(timestamp)) return 'the timestamp is not a number of milliseconds';
  const age = now.getTime() - Number(timestamp);
  if (Math.abs(age) > WINDOW_MS)
    return `the timestamp is ${Math.round(Math.abs(age) / 1000)} s ${age > 0 ? 'old' : 'ahead'}`;
  if (secrets.length === 0) return 'the connection has no client secret to check signatures with';
  // All secrets are tried, whichever fits, so that the time taken tells nothing.
  const fits = secrets.map((secret) => sameText(signature, signatureV3(secret, request, timestamp)));
  return fits.includes(true) ? null : 'the signature does not fit any client secret';
}

function withoutV3(request: WebhookRequest, secrets: readonly string[]): string {
  const older = header(request, 'x-hubspot-signature');
  if (older === undefined) return 'not signed';
  const genuine = secrets.some((secret) => {
    return sameText(older, signatureV1(secret, request)) || sameText(older, signatureV2(secret, request));
  });
  return genuine
    ? 'signed by HubSpot, but with version 1 or 2, which anybody who recorded it can send again; version 3 is required'
    : 'neither signed with version 3 nor genuine under an older version';
}

function signatureV3(secret: string, { method, url, rawBody }: WebhookRequest, timestamp: string): string {
  const uri = url.replace(SIGNED_DECODED, decodeURIComponent);
  return createHmac('sha256', secret)
    .update(`${method.toUpperCase()}${uri}`)
    .update(rawBody)
    .update(timestamp)
    .digest('base64');
}

function signatureV2(secret: string, { method, url, rawBody }: WebhookRequest): string {
  return createHash('sha256').update(`${secret}${method.toUpperCase()}${url}`).update(rawBody).digest('hex');
}

function signatureV1(secret: string, { rawBody }: WebhookRequest): string {
  return createHash('sha256').update(secret).update(rawBody).digest('hex');
}

function sameText(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function header({ headers }: WebhookRequest, name: string): string | undefined {
  const direct = headers[name];
  if (direct !== undefined) return direct;
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Hints in the order received. A bad element is returned apart; events about other things than deals are passed over. */
function parse(rawBody: Buffer, ourAppId: string | undefined): ParsedWebhook {
  const elements = elementsOf(rawBody);
  if (elements === null) {
    return {
      hints: [],
      bad: [{ element: rawBody.toString('utf8').slice(0, 1000), reason: 'not a JSON array of events' }],
    };
  }
  const hints: (ChangeHint & { accountId: string })[] = [];
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
  const aboutDeals = subject === 'deal' || (subject === 'object' && event.objectTypeId === DEAL_TYPE_ID);
  return aboutDeals ? hintsOf(event, what ?? '', ourAppId) : [];
}

function hintsOf(
  event: WebhookEvent,
  what: string,
  ourAppId: string | undefined,
): ParsedWebhook['hints'] | string {
  if (what === 'associationChange') return [];
  const change = changeOf(what);
  const ids = change === 'merged' ? mergeIds(event) : event.objectId === undefined ? [] : [event.objectId];
  if (ids.length === 0) return change === 'merged' ? 'a merge that names no record' : 'objectId: missing';
  const fields = change === 'updated' && event.propertyName !== undefined ? [event.propertyName] : [];
  const ours = isOurs(event, ourAppId);
  const committed = event.occurredAt === undefined ? {} : { committedAt: new Date(event.occurredAt) };
  return ids.map((crmId) => ({ accountId: event.portalId, crmId, change, fields, ours, ...committed }));
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
