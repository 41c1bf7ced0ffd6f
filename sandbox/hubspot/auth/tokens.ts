import { randomBytes } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import type { PortalCredentials } from '../credentials.ts';
import type { JournalEntry } from '../records/change.ts';

/** OAuth access tokens live 30 minutes (facts: Auth). */
export const TOKEN_LIFETIME_MS = 30 * 60 * 1000;

/** A token that was accepted. */
export interface Grant {
  kind: 'oauth' | 'private-app';
  appId: number;
  token: string;
  /** Epoch milliseconds; undefined for tokens that do not expire. */
  expiresAt: number | undefined;
}

/** What a presented token is worth. */
export type Verdict = Grant | { rejected: 'unknown' } | { rejected: 'expired'; expiredAt: number };

/** The tokens of this portal's two apps: an OAuth app and a private app. */
export interface TokenRegistry {
  issue(): Grant;
  check(token: string): Verdict;
  /** Ends one OAuth token; a private-app token is static and cannot end this way. */
  revoke(token: string): void;
  revokeAll(): void;
  replay(entry: JournalEntry): void;
}

/** Creates a registry. Tokens are journalled: one handed out before a restart stays good after it. */
export function createTokenRegistry(
  credentials: PortalCredentials,
  clock: SandboxClock,
  journal: JournalFile,
): TokenRegistry {
  const issued = new Map<string, number>();

  function forget(token: string | undefined): void {
    if (token === undefined) issued.clear();
    else issued.delete(token);
  }

  function revoke(token: string | undefined): void {
    journal.append({ kind: 'revoked', at: clock.ms(), token } satisfies JournalEntry);
    forget(token);
  }

  return {
    issue() {
      const token = `C${randomBytes(160).toString('base64url')}`;
      const issuedAt = clock.ms();
      const expiresAt = issuedAt + TOKEN_LIFETIME_MS;
      journal.append({ kind: 'token', token, issuedAt, expiresAt } satisfies JournalEntry);
      issued.set(token, expiresAt);
      return { kind: 'oauth', appId: credentials.appId, token, expiresAt };
    },
    check(token) {
      if (token === credentials.privateAppToken) {
        return { kind: 'private-app', appId: credentials.privateAppId, token, expiresAt: undefined };
      }
      const expiresAt = issued.get(token);
      if (expiresAt === undefined) return { rejected: 'unknown' };
      if (clock.ms() >= expiresAt) return { rejected: 'expired', expiredAt: expiresAt };
      return { kind: 'oauth', appId: credentials.appId, token, expiresAt };
    },
    revoke: (token) => {
      if (issued.has(token)) revoke(token);
    },
    revokeAll: () => revoke(undefined),
    replay(entry) {
      if (entry.kind === 'token') issued.set(entry.token, entry.expiresAt);
      else if (entry.kind === 'revoked') forget(entry.token);
    },
  };
}
