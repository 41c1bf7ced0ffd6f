import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import { createAuthorizationCodes, type AuthorizationCodes } from './authorization-codes.ts';
import type { Credentials } from './credentials.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-tokens.ts';

/** What the org has granted to its connected app. */
export interface Oauth {
  readonly refreshTokens: RefreshTokens;
  readonly codes: AuthorizationCodes;
  readonly approvals: Approvals;
}

/** The users who have let the app act for them. */
export interface Approvals {
  has(userId: string): boolean;
  add(userId: string): void;
  clear(): void;
  restore(userId: string): void;
}

/** What the grants are made of. */
interface OauthParts {
  clock: SandboxClock;
  journal: JournalFile;
  credentials: Credentials;
  users: { integration: string };
}

/** Creates an org's grants; it starts with one refresh token, of the integration user. */
export function createOauth({ clock, journal, credentials, users }: OauthParts): Oauth {
  const first = { token: credentials.refreshToken, userId: users.integration, scope: 'refresh_token api id' };
  const approved = new Set<string>();
  return {
    refreshTokens: createRefreshTokens(clock, first, (entry) => journal.append(entry)),
    codes: createAuthorizationCodes(clock),
    approvals: {
      has: (userId) => approved.has(userId),
      add(userId) {
        if (approved.has(userId)) return;
        approved.add(userId);
        journal.append({ t: 'oauth-approval', userId });
      },
      clear() {
        approved.clear();
        journal.append({ t: 'oauth-approval', userId: '' });
      },
      restore(userId) {
        if (userId === '') approved.clear();
        else approved.add(userId);
      },
    },
  };
}
