import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 5 * 60;

export interface SignedMessage {
  id: string | undefined;
  /** Seconds since 1970, as sent. */
  timestamp: string | undefined;
  /** Space-separated `v1,<base64>` entries. */
  signature: string | undefined;
  body: Buffer;
}

/**
 * Null when one of the secrets signed the message (Standard Webhooks 1.0.0, HMAC-SHA256 over the raw bytes) within
 * five minutes of `now`; else why not. The npm verifier reads the machine's clock and decodes the body first, which
 * would accept other bytes than were signed.
 */
export function refuseSignature(
  message: SignedMessage,
  secrets: readonly string[],
  now: Date,
): string | null {
  const { id, timestamp, signature, body } = message;
  if (!id || !timestamp || !signature)
    return 'webhook-id, webhook-timestamp and webhook-signature are needed.';
  if (id.length > 255) return 'webhook-id is too long.';
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a number of seconds.';
  const distance = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (distance > TOLERANCE_SECONDS) return 'webhook-timestamp is more than five minutes away from now.';
  const given = signature.split(' ').flatMap((entry) => {
    const [version, value] = entry.split(',', 2);
    return version === 'v1' && value ? [Buffer.from(value, 'base64')] : [];
  });
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'utf8'), body]);
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secretBytes(secret)).update(signed).digest();
    for (const candidate of given) {
      if (candidate.length === expected.length && timingSafeEqual(candidate, expected)) matches = true;
    }
  }
  return matches ? null : 'No signature matches.';
}

function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}
