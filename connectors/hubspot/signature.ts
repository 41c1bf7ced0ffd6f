/** Is a webhook genuine? HubSpot signs in three versions; which may be accepted is a choice of the connection. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../../src/crm/connector.ts';

/** HubSpot's own limit on how old a signed request may be; a request from the future is as suspect. */
const WINDOW_MS = 5 * 60_000;
/** The escapes that HubSpot undoes before it signs a URI, and no others. */
const SIGNED_DECODED = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/**
 * `v3`: the only one that covers the time, so that a recorded request cannot be sent again later. `v1`: private apps sign
 * with nothing else; covers the body and no more.
 */
export type AcceptedSignature = 'v3' | 'v1';

export interface SignatureCheck {
  /** All are tried; several while one is being replaced. */
  secrets: readonly string[];
  now: Date;
  accept: AcceptedSignature;
}

/** Null when genuine, else why not (for the log). A request that bears version 3 is judged by it, whatever is accepted. */
export function refusalOf(request: WebhookRequest, check: SignatureCheck): string | null {
  const signature = header(request, 'x-hubspot-signature-v3');
  if (signature !== undefined) return refusalOfV3(request, signature, check);
  return refusalOfOlder(request, check);
}

function refusalOfV3(
  request: WebhookRequest,
  signature: string,
  { secrets, now }: SignatureCheck,
): string | null {
  const timestamp = header(request, 'x-hubspot-request-timestamp') ?? '';
  if (!/^\d{1,15}$/.test(timestamp)) return 'the timestamp is not a number of milliseconds';
  const age = now.getTime() - Number(timestamp);
  if (Math.abs(age) > WINDOW_MS)
    return `the timestamp is ${Math.round(Math.abs(age) / 1000)} s ${age > 0 ? 'old' : 'ahead'}`;
  if (secrets.length === 0) return 'the connection has no client secret to check signatures with';
  return fitsAny(secrets, (secret) => sameText(signature, signatureV3(secret, request, timestamp)))
    ? null
    : 'the signature does not fit any client secret';
}

function refusalOfOlder(request: WebhookRequest, { secrets, accept }: SignatureCheck): string | null {
  const older = header(request, 'x-hubspot-signature');
  if (older === undefined) return 'not signed';
  const isV1 = fitsAny(secrets, (secret) => sameText(older, signatureV1(secret, request)));
  if (isV1 && accept === 'v1') return null;
  const isV2 = fitsAny(secrets, (secret) => sameText(older, signatureV2(secret, request)));
  return isV1 || isV2
    ? 'signed by HubSpot, but with version 1 or 2, which anybody who recorded it can send again; version 3 is required'
    : 'neither signed with version 3 nor genuine under an older version';
}

/** All secrets are tried, whichever fits, so that the time taken tells nothing. */
function fitsAny(secrets: readonly string[], fits: (secret: string) => boolean): boolean {
  return secrets.map(fits).includes(true);
}

/** base64 HMAC-SHA256 over method, address, raw body and timestamp (facts 2, 4). */
function signatureV3(secret: string, { method, url, rawBody }: WebhookRequest, timestamp: string): string {
  const uri = url.replace(SIGNED_DECODED, (escape) => decodeURIComponent(escape));
  return createHmac('sha256', secret)
    .update(`${method.toUpperCase()}${uri}`)
    .update(rawBody)
    .update(timestamp)
    .digest('base64');
}

/** hex SHA-256 over secret, method, address as called, and raw body. */
function signatureV2(secret: string, { method, url, rawBody }: WebhookRequest): string {
  return createHash('sha256').update(`${secret}${method.toUpperCase()}${url}`).update(rawBody).digest('hex');
}

/** hex SHA-256 over secret and raw body. */
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
