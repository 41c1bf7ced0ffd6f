import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import { seedRecords } from '../admin/seed.ts';
import type { Sandbox } from '../sandbox.ts';
import { userNamed } from './log-in.ts';

const userSchema = z.strictObject({
  username: z.string().min(1),
  active: z.boolean().default(true),
  /** Name of the profile that a new user gets. */
  profile: z.string().min(1).optional(),
});

/**
 * What an administrator does about logins, on the admin port: `POST /revoke-refresh-tokens` ends every refresh token
 * with the sessions that came from it; `POST /users {username, active}` deactivates a user or brings one back;
 * `{username, profile}` makes one who has approved the app.
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
      const { username, active, profile } = asked.data;
      if (profile !== undefined && userNamed(sandbox, username) === undefined)
        makeUser(sandbox, username, profile);
      return setActive(sandbox, { username, active });
    },
  };
}

function makeUser(sandbox: Sandbox, username: string, profile: string): void {
  const profiles = sandbox.org.table('Profile');
  const profileId = profiles.ids.find((id) => profiles.get(id)?.['Name'] === profile);
  if (profileId === undefined) throw new AdminError(404, `no profile ${profile}`);
  const [id = ''] = seedRecords(sandbox, sandbox.org.table('User'), [
    {
      Username: username,
      FirstName: 'Another',
      LastName: 'User',
      Name: 'Another User',
      Email: username,
      Alias: 'another',
      IsActive: true,
      UserType: 'Standard',
      ProfileId: profileId,
      LanguageLocaleKey: 'en_US',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      TimeZoneSidKey: 'UTC',
    },
  ]);
  sandbox.oauth.approvals.add(id);
}

function setActive(
  sandbox: Sandbox,
  { username, active }: Pick<z.infer<typeof userSchema>, 'username' | 'active'>,
): unknown {
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
