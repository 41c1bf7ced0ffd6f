import { createHash, createHmac } from 'node:crypto';

/** What is signed. `uri` is the whole target URL as the receiver sees it. */
export interface SignedRequest {
  method: string;
  uri: string;
  body: string;
}

/** v1: hex SHA-256 of secret + body; private apps still get it. */
export function signatureV1(secret: string, body: string): string {
  return createHash('sha256')
    .update(secret + body)
    .digest('hex');
}

/** v2: hex SHA-256 of secret + method + uri + body. */
export function signatureV2(secret: string, { method, uri, body }: SignedRequest): string {
  return createHash('sha256')
    .update(secret + method + uri + body)
    .digest('hex');
}

/** v3: base64 HMAC-SHA256 over method + decoded uri + raw body + timestamp (facts: Signatures). */
export function signatureV3(secret: string, { method, uri, body }: SignedRequest, timestamp: string): string {
  return createHmac('sha256', secret)
    .update(method + decodeUri(uri) + body + timestamp)
    .digest('base64');
}

const DECODED: Record<string, string> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

/** Only these twelve escapes are decoded before signing; any other stays as it is. */
function decodeUri(uri: string): string {
  return uri.replace(/%[0-9A-Fa-f]{2}/g, (escape) => DECODED[escape.toUpperCase()] ?? escape);
}
