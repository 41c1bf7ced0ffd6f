import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What proves that the person who comes back is on our errand (state) and that the code is for us (PKCE, RFC 7636). */
export interface Proof {
  verifier: string;
  /** S256. */
  challenge: string;
  secret: string;
}

export function newProof(): Proof {
  const verifier = randomBytes(48).toString('base64url');
  return {
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    secret: randomBytes(32).toString('base64url'),
  };
}

export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** In constant time: how long it takes must not tell how far a guess was right. */
export function provesSecret(secret: string, digest: Buffer): boolean {
  return timingSafeEqual(digestOf(secret), digest);
}
