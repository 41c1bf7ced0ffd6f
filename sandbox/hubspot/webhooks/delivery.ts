import { signatureV3 } from './signature.ts';

/** HubSpot gives up waiting after five seconds (facts: Webhooks). */
const TIMEOUT_MS = 5000;

/** Posts a batch once. True when the receiver answered in time and below 400. */
export async function deliver(
  targetUrl: string,
  secret: string,
  body: string,
  timestamp: number,
  stop: AbortSignal,
): Promise<boolean> {
  const stamp = String(timestamp);
  try {
    const response = await fetch(targetUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'HubSpot Webhooks',
        'X-HubSpot-Signature-v3': signatureV3(secret, { method: 'POST', uri: targetUrl, body }, stamp),
        'X-HubSpot-Request-Timestamp': stamp,
        'X-HubSpot-Signature-Version': 'v3',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.arrayBuffer();
    return response.status < 400;
  } catch {
    return false;
  }
}
