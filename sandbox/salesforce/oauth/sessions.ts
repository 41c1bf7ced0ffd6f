import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';

const sessionSchema = z.object({
  token: z.string(),
  userId: z.string(),
  expiresAt: z.number(),
  /** Of the refresh token it came from; it ends with it. */
  family: z.string().optional(),
  scope: z.string().optional(),
});

/** Who an access token speaks for, until when (epoch milliseconds by the sandbox clock). */
export type Session = z.infer<typeof sessionSchema>;

/** Access tokens in force. */
export interface Sessions {
  open(userId: string, from?: { family?: string; scope?: string }): Session;
  /** The session of a token; undefined when it is unknown, expired or revoked. */
  find(token: string): Session | undefined;
  revoke(token: string): boolean;
  /** Ends the sessions that came from a refresh token. */
  revokeFamily(family: string): void;
  /** Ends every session of a user. */
  revokeUser(userId: string): void;
  revokeAll(): void;
  /** Puts back an entry of {@link SESSION_ENTRIES} from the journal. */
  restore(entry: unknown): void;
}

/** The journal entries that {@link Sessions.restore} reads, by their `t`. */
export const SESSION_ENTRIES = ['session', 'revoked'] as const;

const entrySchema = z.discriminatedUnion('t', [
  sessionSchema.extend({ t: z.literal('session') }),
  z.object({ t: z.literal('revoked'), token: z.string().optional(), family: z.string().optional() }),
]);

/** How long a session lasts, and whether using it makes it last longer. */
export interface SessionTimeout {
  minutes: number;
  extended: boolean;
}

/** Creates an empty set of sessions. `keep` journals an entry. */
export function createSessions(
  clock: SandboxClock,
  organizationId: string,
  timeout: () => SessionTimeout,
  keep: (entry: z.infer<typeof entrySchema>) => void,
): Sessions {
  const sessions = new Map<string, Session>();

  function lifetimeMs(): number {
    return timeout().minutes * 60_000;
  }

  function dropExpired(): void {
    const now = clock.ms();
    for (const [token, session] of sessions) if (session.expiresAt <= now) sessions.delete(token);
  }

  function drop(token: string | undefined, family: string | undefined): void {
    if (token !== undefined) return void sessions.delete(token);
    for (const [one, session] of sessions)
      if (family === undefined || session.family === family) sessions.delete(one);
  }

  return {
    open(userId, from = {}) {
      dropExpired();
      const token = `${organizationId.slice(0, 15)}!AQ${randomBytes(70).toString('base64url')}`;
      const session = { token, userId, expiresAt: clock.ms() + lifetimeMs(), ...from };
      sessions.set(token, session);
      keep({ t: 'session', ...session });
      return session;
    },
    find(token) {
      const session = sessions.get(token);
      const now = clock.ms();
      if (session === undefined || session.expiresAt <= now) return undefined;
      // The vendor extends a session when it is used after half of its time, so nearly every request costs nothing.
      if (timeout().extended && session.expiresAt - now < lifetimeMs() / 2) {
        session.expiresAt = now + lifetimeMs();
        keep({ t: 'session', ...session });
      }
      return session;
    },
    revoke(token) {
      const known = sessions.delete(token);
      if (known) keep({ t: 'revoked', token });
      return known;
    },
    revokeFamily(family) {
      drop(undefined, family);
      keep({ t: 'revoked', family });
    },
    revokeUser(userId) {
      for (const session of [...sessions.values()]) {
        if (session.userId !== userId) continue;
        sessions.delete(session.token);
        keep({ t: 'revoked', token: session.token });
      }
    },
    revokeAll() {
      sessions.clear();
      keep({ t: 'revoked' });
    },
    restore(entry) {
      const read = entrySchema.parse(entry);
      if (read.t === 'revoked') return drop(read.token, read.family);
      sessions.set(read.token, sessionSchema.parse(read));
    },
  };
}
