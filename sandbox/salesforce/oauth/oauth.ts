import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { createAuthorizationCodes, type AuthorizationCodes } from './authorization-codes.ts';
import { createRefreshTokens, REFRESH_ENTRIES, type RefreshTokens } from './refresh-tokens.ts';

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

const approvalEntry = z.object({ userId: z.string() });

/** Creates an org's grants; it starts with one refresh token, of the integration user. */
export function createOauth({
  clock,
  journal,
  credentials,
  users,
}: Pick<Sandbox, 'clock' | 'journal' | 'credentials' | 'users'>): Oauth {
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

/** Readers of the journal entries that {@link createOauth} writes, by their `t`. */
export const OAUTH_ENTRY_READERS: Readonly<Record<string, (sandbox: Sandbox, entry: unknown) => void>> = {
  ...Object.fromEntries(
    REFRESH_ENTRIES.map((t) => [
      t,
      (sandbox: Sandbox, entry: unknown) => sandbox.oauth.refreshTokens.restore(entry),
    ]),
  ),
  'oauth-approval': (sandbox, entry) => sandbox.oauth.approvals.restore(approvalEntry.parse(entry).userId),
};
