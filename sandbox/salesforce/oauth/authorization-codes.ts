import { createHash, randomBytes } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { OauthError } from './oauth-error.ts';

/** What a code stands for. */
export interface CodeGrant {
  userId: string;
  redirectUri: string;
  scope: string;
  /** S256 challenge (RFC 7636); undefined when the client sent none. */
  challenge: string | undefined;
}

/** Authorization codes: each may be exchanged once, within fifteen minutes by the sandbox clock. */
export interface AuthorizationCodes {
  issue(grant: CodeGrant): string;
  /** Takes a code out. Throws an OauthError when it is unknown, used, expired or another client's. */
  redeem(code: string, proof: { redirectUri: string; verifier: string | undefined }): CodeGrant;
}

const LIFETIME_MS = 15 * 60 * 1000;

/** Creates an empty set. */
export function createAuthorizationCodes(clock: SandboxClock): AuthorizationCodes {
  const codes = new Map<string, CodeGrant & { expiresAt: number; used: boolean }>();

  function dropOld(): void {
    // A code is remembered for a while after its end, to be told from one that never was.
    const before = clock.ms() - LIFETIME_MS;
    for (const [code, { expiresAt }] of codes) if (expiresAt < before) codes.delete(code);
  }

  return {
    issue(grant) {
      dropOld();
      const code = `aPrx${randomBytes(56).toString('base64url')}`;
      codes.set(code, { ...grant, expiresAt: clock.ms() + LIFETIME_MS, used: false });
      return code;
    },
    redeem(code, { redirectUri, verifier }) {
      const grant = codes.get(code);
      if (grant === undefined) throw new OauthError('invalid_grant', 'invalid authorization code');
      if (grant.used || grant.expiresAt <= clock.ms())
        throw new OauthError('invalid_grant', 'expired authorization code');
      // Whoever fails once has to begin anew: a code cannot be tried with one verifier after another.
      grant.used = true;
      if (redirectUri !== grant.redirectUri)
        throw new OauthError('redirect_uri_mismatch', 'redirect_uri must match configuration');
      if (!provesChallenge(grant.challenge, verifier))
        throw new OauthError('invalid_grant', 'invalid code verifier');
      return grant;
    },
  };
}

function provesChallenge(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined) return true;
  if (verifier === undefined || !/^[A-Za-z0-9\-._~]{43,}$/.test(verifier)) return false;
  return createHash('sha256').update(verifier).digest('base64url') === challenge;
}
