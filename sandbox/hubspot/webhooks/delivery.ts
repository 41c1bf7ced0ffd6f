import { signatureV1, signatureV3 } from './signature.ts';

/** HubSpot gives up waiting after five seconds (facts: Webhooks). */
const TIMEOUT_MS = 5000;

/** Who signs, and how: v3 for public apps, v1 for private ones (facts: Webhooks). */
export interface Signer {
  version: 'v1' | 'v3';
  secret: string;
}

/** Posts a batch once. True when the receiver answered in time and below 400. */
export async function deliver(
  targetUrl: string,
  signer: Signer,
  body: string,
  timestamp: number,
  stop: AbortSignal,
): Promise<boolean> {
  try {
    const response = await fetch(targetUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'HubSpot Webhooks',
        ...signed(signer, targetUrl, body, String(timestamp)),
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

function signed(
  { version, secret }: Signer,
  uri: string,
  body: string,
  timestamp: string,
): Record<string, string> {
  if (version === 'v1') {
    return { 'X-HubSpot-Signature': signatureV1(secret, body), 'X-HubSpot-Signature-Version': 'v1' };
  }
  return {
    'X-HubSpot-Signature-v3': signatureV3(secret, { method: 'POST', uri, body }, timestamp),
    'X-HubSpot-Request-Timestamp': timestamp,
    'X-HubSpot-Signature-Version': 'v3',
  };
}
