import { createHash, randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';

/** What somebody agreed to on the authorisation page. */
export interface Consent {
  redirectUri: string;
  scopes: readonly string[];
  /** PKCE, S256; undefined when the app did not use it. */
  codeChallenge: string | undefined;
}

/** Codes between the authorisation page and the token endpoint: each is good once and for minutes. */
export interface AuthorisationCodes {
  issue(consent: Consent): string;
  /** Uses a code up, right or wrong; undefined when it is not good for this exchange. */
  redeem(
    code: string,
    redirectUri: string | undefined,
    codeVerifier: string | undefined,
  ): Consent | undefined;
}

const LIFETIME_MS = 10 * 60_000;

export function createAuthorisationCodes(clock: SandboxClock): AuthorisationCodes {
  const open = new Map<string, Consent & { until: number }>();
  return {
    issue(consent) {
      const code = `na1-${randomUUID()}`;
      open.set(code, { ...consent, until: clock.ms() + LIFETIME_MS });
      return code;
    },
    redeem(code, redirectUri, codeVerifier) {
      const consent = open.get(code);
      open.delete(code);
      if (consent === undefined || clock.ms() >= consent.until) return undefined;
      if (consent.redirectUri !== redirectUri) return undefined;
      return provesChallenge(consent.codeChallenge, codeVerifier) ? consent : undefined;
    },
  };
}

function provesChallenge(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined) return true;
  return (
    challenge ===
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url')
  );
}
