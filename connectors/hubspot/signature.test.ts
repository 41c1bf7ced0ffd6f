import { createHmac } from 'node:crypto';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WebhookRequest } from '../../src/crm/connector.ts';
import { refusalOf } from './signature.ts';

/** HubSpot's list, written down a second time: what the connector undoes is judged by it. */
const UNDONE: Readonly<Record<string, string>> = {
  ...{ '%3A': ':', '%2F': '/', '%3F': '?', '%40': '@', '%21': '!', '%24': '$' },
  ...{ '%27': "'", '%28': '(', '%29': ')', '%2A': '*', '%2C': ',', '%3B': ';' },
};

function undo(url: string): string {
  let undone = '';
  for (let at = 0; at < url.length;) {
    const plain = UNDONE[url.slice(at, at + 3).toUpperCase()];
    undone += plain ?? url[at];
    at += plain === undefined ? 1 : 3;
  }
  return undone;
}

interface Sent extends WebhookRequest {
  timestamp: string;
  secret: string;
}

/** What HubSpot signs. Two requests with the same text are the same request to it. */
function signedText({ method, url, rawBody, timestamp }: Sent): Buffer {
  return Buffer.concat([Buffer.from(`${method.toUpperCase()}${undo(url)}`), rawBody, Buffer.from(timestamp)]);
}

function sign(sent: Sent): string {
  return createHmac('sha256', sent.secret).update(signedText(sent)).digest('base64');
}

const now = new Date(1_693_657_560_000);
const WINDOW_MS = 300_000;

const escape = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([code, upper]) => {
  const hex = code.toString(16).padStart(2, '0');
  return `%${upper ? hex.toUpperCase() : hex}`;
});
const listed = fc
  .tuple(fc.constantFrom(...Object.keys(UNDONE)), fc.boolean())
  .map(([text, upper]) => (upper ? text : text.toLowerCase()));
const piece = fc.oneof(
  escape,
  listed,
  fc.constantFrom('/', '?', '&', '=', ':', '@', '!', '%', '%2', "'", ';', '+'),
  fc.stringMatching(/^[A-Za-z0-9._~-]{1,6}$/),
);
const url = fc.array(piece, { maxLength: 12 }).map((pieces) => `https://t.example/hook/${pieces.join('')}`);

const genuine: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('POST', 'PUT', 'GET', 'post'),
  url,
  rawBody: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  timestamp: fc
    .integer({ min: now.getTime() - WINDOW_MS, max: now.getTime() + WINDOW_MS })
    .map((stamp) => String(stamp)),
  secret: fc.uuid(),
  headers: fc.constant({}),
});

/** One thing of a signed request is changed; or nothing that counts, as when an escape is written the other way. */
const mutation: fc.Arbitrary<(sent: Sent, signature: string) => { sent: Sent; signature: string }> = fc.oneof(
  fc.constant((sent: Sent, signature: string) => ({ sent, signature })),
  fc
    .constantFrom('DELETE', 'PATCH', 'GETS', '')
    .map((method) => (sent: Sent, signature: string) => ({ sent: { ...sent, method }, signature })),
  fc.tuple(fc.nat(), piece, fc.nat(3)).map(([at, inserted, removed]) => (sent: Sent, signature: string) => {
    const start = at % (sent.url.length + 1);
    const changed = sent.url.slice(0, start) + inserted + sent.url.slice(start + removed);
    return { sent: { ...sent, url: changed }, signature };
  }),
  fc.constant((sent: Sent, signature: string) => ({ sent: { ...sent, url: undo(sent.url) }, signature })),
  fc.constant((sent: Sent, signature: string) => ({
    sent: { ...sent, url: sent.url.replace(/%[0-9a-f]{2}/gi, (one) => one.toLowerCase()) },
    signature,
  })),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, by]) => (sent: Sent, signature: string) => {
    const rawBody = sent.rawBody.length === 0 ? Buffer.from([by]) : Buffer.from(sent.rawBody);
    if (sent.rawBody.length > 0) rawBody[at % rawBody.length] = (rawBody[at % rawBody.length] ?? 0) ^ by;
    return { sent: { ...sent, rawBody }, signature };
  }),
  fc.integer({ min: -2 * WINDOW_MS, max: 2 * WINDOW_MS }).map((by) => (sent: Sent, signature: string) => ({
    sent: { ...sent, timestamp: String(Number(sent.timestamp) + by) },
    signature,
  })),
  fc.uuid().map((secret) => (sent: Sent, signature: string) => ({ sent: { ...sent, secret }, signature })),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 63 })).map(([at, by]) => (sent: Sent, signature: string) => {
    const bytes = Buffer.from(signature, 'base64');
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
    return { sent, signature: bytes.toString('base64') };
  }),
  fc
    .constantFrom('', ' ', '=', 'A')
    .map((added) => (sent: Sent, signature: string) => ({ sent, signature: `${signature}${added}` })),
);

it('of 10,000 requests, changed in any one thing, only the genuine ones are accepted', () => {
  let accepted = 0;
  fc.assert(
    fc.property(genuine, mutation, fc.uuid(), (original, change, otherSecret) => {
      const right = sign(original);
      const { sent, signature } = change(original, right);
      const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': sent.timestamp };
      const isSame = signedText(sent).equals(signedText(original)) && sent.secret === original.secret;
      const isGenuine = isSame && signature === right;
      const check = { secrets: [otherSecret, sent.secret], now, accept: 'v3' as const };
      const refusal = refusalOf({ ...sent, headers }, check);
      expect(refusal === null).toBe(isGenuine);
      if (isGenuine) accepted += 1;
    }),
    { numRuns: 10_000 },
  );
  // Both answers must have come up, or the test would hold for a receiver that knows only one.
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(5_000);
});

it('of 1,000 genuine requests, those stamped within five minutes are accepted, before and after', () => {
  const skew = fc.integer({ min: -2 * WINDOW_MS, max: 2 * WINDOW_MS });
  fc.assert(
    fc.property(genuine, skew, (original, by) => {
      const sent = { ...original, timestamp: String(now.getTime() + by) };
      const headers = {
        'x-hubspot-signature-v3': sign(sent),
        'x-hubspot-request-timestamp': sent.timestamp,
      };
      const check = { secrets: [sent.secret], now, accept: 'v3' as const };
      expect(refusalOf({ ...sent, headers }, check) === null).toBe(Math.abs(by) <= WINDOW_MS);
    }),
    { numRuns: 1_000 },
  );
});
