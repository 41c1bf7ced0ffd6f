import { timingSafeEqual } from 'node:crypto';
import type { Sandbox } from '../sandbox.ts';
import type { Row } from '../store/row.ts';
import { OauthError } from './oauth-error.ts';

/** Whether two secrets are the same, without telling how far they agree. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The user of a name and password; undefined when they do not fit. Every user of a sandbox org has the org's one password. */
export function userOfPassword(sandbox: Sandbox, username: string, password: string): Row | undefined {
  const user = userNamed(sandbox, username);
  return sameSecret(password, sandbox.credentials.password) ? user : undefined;
}

/** The user of a name, whatever its case. */
export function userNamed(sandbox: Sandbox, username: string): Row | undefined {
  const table = sandbox.org.table('User');
  const wanted = username.toLowerCase();
  for (const id of table.lookup('Username', username) ?? table.ids) {
    const user = table.get(id);
    if (String(user?.['Username']).toLowerCase() === wanted) return user;
  }
  return undefined;
}

/** Refuses a user who may not log in any more, and everybody while the org is locked. */
export function checkMayLogIn(sandbox: Sandbox, userId: string): void {
  if (sandbox.settings.current.orgLocked)
    throw new OauthError('inactive_org', 'this org is locked, closed, or suspended');
  if (sandbox.org.table('User').get(userId)?.['IsActive'] === false)
    throw new OauthError('inactive_user', 'user is inactive');
}
