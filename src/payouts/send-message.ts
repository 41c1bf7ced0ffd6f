import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { sendDeadlineMs } from './lease.ts';
import type { DeliveryFailure } from './record-delivery.ts';

export type SendResult =
  | { delivered: true; acknowledgement: { reference: string | null } | null }
  | { delivered: false; failure: DeliveryFailure; retryAfterMs: number };

/** An answer is read this far; what a receiver sends beyond is its own business. */
const MOST_ANSWER_BYTES = 16_384;

/** The answer that acknowledges at once. Anything else in a 2xx is a delivery without acknowledgement. */
const AcknowledgingAnswer = z.object({
  acknowledged: z.literal(true),
  // A NUL could not be stored: the payout would be sent again and again although it was taken.
  reference: z
    .string()
    .max(200)
    .transform((text) => text.replaceAll('\u0000', '\ufffd'))
    .optional(),
});

/**
 * Posts one message, signed by every secret in `secrets` (newest first), and never follows a redirect: it would
 * carry signed data to an address nobody subscribed. Never rejects: whatever goes wrong is a result.
 */
export async function sendMessage(
  url: string,
  secrets: readonly string[],
  message: { id: string; payload: string },
  now: Date,
  deadlineMs: number = sendDeadlineMs,
): Promise<SendResult> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: signedHeaders(secrets, message, now),
      body: message.payload,
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    });
    const answer = await readStart(response);
    if (response.ok) return { delivered: true, acknowledgement: readAcknowledgement(answer) };
    return refused(response);
  } catch (error) {
    return { delivered: false, failure: { plain: plainReason(error, deadlineMs) }, retryAfterMs: 0 };
  }
}

function signedHeaders(
  secrets: readonly string[],
  message: { id: string; payload: string },
  now: Date,
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(message.id, now, message.payload));
  return {
    'content-type': 'application/json',
    'user-agent': 'Tributary',
    'webhook-id': message.id,
    'webhook-timestamp': Math.floor(now.getTime() / 1000).toString(),
    'webhook-signature': signatures.join(' '),
  };
}

async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readAcknowledgement(answer: string): { reference: string | null } | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    return null;
  }
  const acknowledging = AcknowledgingAnswer.safeParse(parsed);
  return acknowledging.success ? { reference: acknowledging.data.reference ?? null } : null;
}

function refused(response: Response): SendResult {
  const redirected = response.status >= 300 && response.status < 400;
  const plain = redirected
    ? `the endpoint answered with a redirect (${response.status}), which is not followed`
    : `the endpoint answered ${response.status}`;
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
  return { delivered: false, failure: { plain, httpStatus: response.status }, retryAfterMs };
}

function plainReason(error: unknown, deadlineMs: number): string {
  const { name, code, cause } = readError(error);
  if (name === 'TimeoutError') return `the endpoint did not answer within ${deadlineMs / 1000} s`;
  const inner = readError(cause);
  return `the endpoint could not be reached or broke off (${inner.code ?? code ?? inner.name ?? name ?? 'unknown'})`;
}

/** fetch rejects with errors of several makes, some no `Error` of this realm. Their messages may hold the URL. */
function readError(error: unknown): { name?: string; code?: string; cause?: unknown } {
  if (typeof error !== 'object' || error === null) return {};
  return {
    ...('name' in error && typeof error.name === 'string' ? { name: error.name } : {}),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...('cause' in error ? { cause: error.cause } : {}),
  };
}
