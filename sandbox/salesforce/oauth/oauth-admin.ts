import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import type { Sandbox } from '../sandbox.ts';
import { userNamed } from './log-in.ts';

const userSchema = z.strictObject({ username: z.string().min(1), active: z.boolean() });

/**
 * What an administrator does about logins, on the admin port: `POST /revoke-refresh-tokens` ends every refresh token
 * with the sessions that came from it; `POST /users {username, active}` deactivates a user or brings one back.
 */
export function oauthAdminRoutes(sandbox: Sandbox): Record<string, (body: unknown) => unknown> {
  return {
    'POST /revoke-refresh-tokens': () => {
      sandbox.oauth.refreshTokens.revokeAll();
      sandbox.sessions.revokeAll();
      sandbox.oauth.approvals.clear();
      sandbox.journal.flush();
      return { ok: true };
    },
    'POST /users': (body) => {
      const asked = userSchema.safeParse(body);
      if (!asked.success) throw new AdminError(400, z.prettifyError(asked.error));
      return setActive(sandbox, asked.data);
    },
  };
}

function setActive(sandbox: Sandbox, { username, active }: z.infer<typeof userSchema>): unknown {
  const before = userNamed(sandbox, username);
  if (before === undefined) throw new AdminError(404, `no user ${username}`);
  const { org } = sandbox;
  const transaction = org.begin({
    origin: 'rep',
    userId: sandbox.users.rep,
    client: '',
    changeOrigin: '',
    requestId: '',
  });
  const { type } = org.table('User');
  transaction.write({ type, op: 'update', before, values: { IsActive: active }, written: ['IsActive'] });
  org.commit(transaction);
  // The vendor ends the sessions of whoever is deactivated.
  if (!active) sandbox.sessions.revokeUser(before['Id'] as string);
  sandbox.journal.flush();
  return { username, active };
}
