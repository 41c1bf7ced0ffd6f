import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';

const refreshTokenSchema = z.object({
  token: z.string(),
  userId: z.string(),
  scope: z.string(),
  /** Tokens that follow each other by rotation share a family: revoked together. */
  family: z.string(),
  /** Epoch milliseconds of the sandbox clock. */
  issuedAt: z.number(),
  usedAt: z.number(),
  /** Replaced by the next of its family: whoever sends it again has stolen one. */
  rotated: z.boolean(),
});

/** A refresh token in force, or one that was rotated away. */
export type RefreshToken = z.infer<typeof refreshTokenSchema>;

/** The refresh tokens the org has handed out. */
export interface RefreshTokens {
  issue(userId: string, scope: string, family?: string): RefreshToken;
  find(token: string): RefreshToken | undefined;
  touch(token: RefreshToken): void;
  /** Marks a token as replaced and hands out the next one. */
  rotate(token: RefreshToken): RefreshToken;
  revokeFamily(family: string): void;
  revokeAll(): void;
  /** Puts back an entry of {@link REFRESH_ENTRIES} from the journal. */
  restore(entry: unknown): void;
}

/** The journal entries that {@link RefreshTokens.restore} reads, by their `t`. */
export const REFRESH_ENTRIES = ['refresh-token', 'refresh-revoked'] as const;

const entrySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('refresh-token'), grant: refreshTokenSchema }),
  z.object({ t: z.literal('refresh-revoked'), family: z.string().optional() }),
]);

/** Creates a set that knows the one token an org starts with. */
export function createRefreshTokens(
  clock: SandboxClock,
  first: { token: string; userId: string; scope: string },
  keep: (entry: z.infer<typeof entrySchema>) => void,
): RefreshTokens {
  const tokens = new Map<string, RefreshToken>();
  add({ ...first, family: first.token });

  function add(given: Pick<RefreshToken, 'token' | 'userId' | 'scope' | 'family'>): RefreshToken {
    const now = clock.ms();
    const grant = { ...given, issuedAt: now, usedAt: now, rotated: false };
    tokens.set(grant.token, grant);
    return grant;
  }

  function issue(userId: string, scope: string, family?: string): RefreshToken {
    const token = `5Aep861${randomBytes(60).toString('base64url')}`;
    const grant = add({ token, userId, scope, family: family ?? token });
    keep({ t: 'refresh-token', grant });
    return grant;
  }

  function drop(family: string | undefined): void {
    for (const [token, grant] of tokens)
      if (family === undefined || grant.family === family) tokens.delete(token);
  }

  return {
    issue,
    find: (token) => tokens.get(token),
    touch(grant) {
      grant.usedAt = clock.ms();
      keep({ t: 'refresh-token', grant });
    },
    rotate(grant) {
      grant.rotated = true;
      keep({ t: 'refresh-token', grant });
      return issue(grant.userId, grant.scope, grant.family);
    },
    revokeFamily(family) {
      drop(family);
      keep({ t: 'refresh-revoked', family });
    },
    revokeAll() {
      drop(undefined);
      keep({ t: 'refresh-revoked' });
    },
    restore(entry) {
      const read = entrySchema.parse(entry);
      if (read.t === 'refresh-token') tokens.set(read.grant.token, read.grant);
      else drop(read.family);
    },
  };
}
