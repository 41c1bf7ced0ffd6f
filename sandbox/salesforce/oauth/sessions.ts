import { randomBytes } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';

/** Who an access token speaks for, until when (epoch milliseconds by the sandbox clock). */
export interface Session {
  token: string;
  userId: string;
  expiresAt: number;
}

/** Access tokens in force. */
export interface Sessions {
  open(userId: string): Session;
  /** The session of a token; undefined when it is unknown, expired or revoked. */
  find(token: string): Session | undefined;
  revoke(token: string): boolean;
  revokeAll(): void;
  /** Puts back a session from the journal. */
  restore(session: Session): void;
}

const LIFETIME_MS = 2 * 3600 * 1000;

/** Creates an empty set of sessions. `onOpen` and `onRevoke` are told about changes worth keeping. */
export function createSessions(
  clock: SandboxClock,
  organizationId: string,
  keep: { onOpen(session: Session): void; onRevoke(token: string | undefined): void },
): Sessions {
  const sessions = new Map<string, Session>();

  function dropExpired(): void {
    const now = clock.ms();
    for (const [token, session] of sessions) if (session.expiresAt <= now) sessions.delete(token);
  }

  return {
    open(userId) {
      dropExpired();
      const token = `${organizationId.slice(0, 15)}!AQ${randomBytes(70).toString('base64url')}`;
      const session = { token, userId, expiresAt: clock.ms() + LIFETIME_MS };
      sessions.set(token, session);
      keep.onOpen(session);
      return session;
    },
    find(token) {
      const session = sessions.get(token);
      return session !== undefined && session.expiresAt > clock.ms() ? session : undefined;
    },
    revoke(token) {
      const known = sessions.delete(token);
      if (known) keep.onRevoke(token);
      return known;
    },
    revokeAll() {
      sessions.clear();
      keep.onRevoke(undefined);
    },
    restore(session) {
      sessions.set(session.token, session);
    },
  };
}
