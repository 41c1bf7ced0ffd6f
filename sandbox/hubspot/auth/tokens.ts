import { randomBytes, randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import type { PortalCredentials } from '../credentials.ts';
import type { JournalEntry } from '../records/change.ts';

/** OAuth access tokens live 30 minutes (facts: Auth). */
export const TOKEN_LIFETIME_MS = 30 * 60 * 1000;

/** A token that was accepted. `developer` acts for the app itself (client credentials) and sees no portal's records. */
export interface Grant {
  kind: 'oauth' | 'private-app' | 'service-key' | 'developer';
  appId: number;
  token: string;
  scopes: readonly string[];
  /** Epoch milliseconds; undefined for tokens that do not expire. */
  expiresAt: number | undefined;
}

/** What a presented token is worth. */
export type Verdict = Grant | { rejected: 'unknown' } | { rejected: 'expired'; expiredAt: number };

/** The tokens of this portal's apps: an OAuth app, a private app and a service key. */
export interface TokenRegistry {
  /** A new access token with these scopes. */
  issue(kind: 'oauth' | 'developer', scopes: readonly string[]): Grant;
  check(token: string): Verdict;
  /** A new installation's refresh token. */
  install(scopes: readonly string[]): string;
  /** The scopes behind a refresh token; undefined when it is not (any longer) good. */
  refreshScopes(refreshToken: string): readonly string[] | undefined;
  /** Ends one access or refresh token. Static tokens cannot end this way. */
  revoke(token: string): void;
  /** Ends all access tokens. */
  revokeAll(): void;
  /** Takes the OAuth app out of the portal: its refresh tokens end too. */
  uninstall(): void;
  replay(entry: JournalEntry): void;
}

type TokenEntry = Extract<JournalEntry, { kind: 'token' }>;

/** Creates a registry. Tokens are journalled: one handed out before a restart stays good after it. */
export function createTokenRegistry(
  credentials: PortalCredentials,
  scopes: readonly string[],
  clock: SandboxClock,
  journal: JournalFile,
): TokenRegistry {
  const issued = new Map<string, TokenEntry>();
  const refresh = new Map<string, readonly string[]>([[credentials.refreshToken, scopes]]);

  function apply(entry: JournalEntry): void {
    if (entry.kind === 'token') issued.set(entry.token, entry);
    else if (entry.kind === 'refresh-token') refresh.set(entry.token, entry.scopes);
    else if (entry.kind === 'uninstalled') {
      refresh.clear();
      issued.clear();
    } else if (entry.kind === 'revoked') {
      if (entry.token === undefined) issued.clear();
      else if (!issued.delete(entry.token)) refresh.delete(entry.token);
    }
  }

  function commit(entry: JournalEntry): void {
    journal.append(entry);
    apply(entry);
  }

  const unlimited = (kind: Grant['kind'], appId: number, token: string): Grant => {
    return { kind, appId, token, scopes, expiresAt: undefined };
  };

  return {
    issue(kind, granted) {
      const token = `C${randomBytes(160).toString('base64url')}`;
      const issuedAt = clock.ms();
      const expiresAt = issuedAt + TOKEN_LIFETIME_MS;
      commit({ kind: 'token', token, issuedAt, expiresAt, grant: kind, scopes: [...granted] });
      return { kind, appId: credentials.appId, token, scopes: granted, expiresAt };
    },
    check(token) {
      const { privateAppToken, privateAppId, serviceKey, appId } = credentials;
      if (token === privateAppToken) return unlimited('private-app', privateAppId, token);
      // Each key counts by itself, as an app does.
      if (token === serviceKey) return unlimited('service-key', privateAppId + 1, token);
      const known = issued.get(token);
      if (known === undefined) return { rejected: 'unknown' };
      const { expiresAt } = known;
      if (clock.ms() >= expiresAt) return { rejected: 'expired', expiredAt: expiresAt };
      // Tokens of older journals name neither.
      return { kind: known.grant ?? 'oauth', appId, token, scopes: known.scopes ?? scopes, expiresAt };
    },
    install(granted) {
      const token = `na1-${randomBytes(4).toString('hex')}-${randomUUID()}`;
      commit({ kind: 'refresh-token', token, scopes: [...granted] });
      return token;
    },
    refreshScopes: (token) => refresh.get(token),
    revoke(token) {
      if (issued.has(token) || refresh.has(token)) commit({ kind: 'revoked', at: clock.ms(), token });
    },
    revokeAll: () => commit({ kind: 'revoked', at: clock.ms(), token: undefined }),
    uninstall: () => commit({ kind: 'uninstalled', at: clock.ms() }),
    replay: apply,
  };
}
