import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

export interface ApiKey {
  /** Who uses the key; written beside what was done with it. */
  name: string;
  /** Deals posted with the key belong to this source. Keys of one programme share it, so that a key can be replaced. */
  source: string;
  secret: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes behind `authenticate`. */
    apiKey: ApiKey | null;
  }
}

/** An onRequest hook that lets only bearers of a known key pass, before the body is read. */
export function authenticateWith(keys: readonly ApiKey[]): (request: FastifyRequest) => Promise<void> {
  const known = keys.map((key) => ({ key, digest: digestOf(key.secret) }));
  return async (request) => {
    const presented = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const digest = digestOf(presented ?? '');
    let found: ApiKey | null = null;
    // Every key is compared, in constant time: how long it takes must not tell which key was nearly right.
    for (const candidate of known) if (timingSafeEqual(candidate.digest, digest)) found = candidate.key;
    if (presented === undefined || found === null) {
      throw new Problem(401, 'unauthorized', undefined, { headers: { 'www-authenticate': 'Bearer' } });
    }
    request.apiKey = found;
  };
}

/** The key of an authenticated request. */
export function keyOf(request: FastifyRequest): ApiKey {
  if (request.apiKey === null) throw new Problem(401, 'unauthorized');
  return request.apiKey;
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** For a route's OpenAPI description. */
export const authenticated = [{ apiKey: [] }];
