import type { Connector, ConnectorContext, CrmIdentity } from '../../crm/connector.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import type { Application } from '../open-application.ts';
import type { Authorizable } from './connection-to-authorize.ts';
import { logInByBrowser, type BrowserLogin } from './log-in-by-browser.ts';
import { AuthorizationRefused } from './refused.ts';
import { setUpConnection, type LoginPlace } from './set-up-connection.ts';
import { endUnused, otherAccount, redeem } from './store-login.ts';

/** Who acts, other than the integration user: whoever logs in with a browser now, or a user that our key may act for. */
export type ActingUser = { login: BrowserLogin } | { username: string };

export interface OpenedOnce {
  connector: Connector;
  /** For other hands of the same login, such as the provisioner's. */
  context: ConnectorContext<unknown, unknown>;
  identity: CrmIdentity;
  /** Ends the login at the vendor, too. */
  close(): Promise<void>;
}

/**
 * Opens a CRM as an administrator for one errand, such as provisioning. Nothing of this login is ever stored, and no
 * refresh token is asked for. The same org as the connection's, or nothing.
 * @throws AuthorizationRefused
 */
export async function openOnce(
  app: Application,
  vendor: string,
  acting: ActingUser,
  place: LoginPlace = {},
): Promise<OpenedOnce> {
  const { target, undo } = await setUpConnection(app, vendor, place);
  try {
    return await openFor(app, target, acting);
  } catch (error) {
    await undo();
    throw error;
  }
}

async function openFor(app: Application, target: Authorizable, acting: ActingUser): Promise<OpenedOnce> {
  const { credentials, end } = await credentialsFor(app, target, acting);
  const context = {
    connectionId: target.row.id,
    settings: target.settings,
    credentials,
    saveCredentials: () => Promise.resolve(),
    clock: app.clock,
    log: app.logger,
  };
  const connector = target.definition.open(context);
  const close = async (): Promise<void> => {
    await connector.close();
    await end();
  };
  try {
    const identity = await connector.identify({ deadline: Date.now() + callTimeoutMs });
    const pinned = target.row.pinnedAccountId;
    if (pinned !== null && pinned !== identity.accountId)
      throw otherAccount(identity.accountId, pinned, target.row.label);
    return { connector, context, identity, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function credentialsFor(
  app: Application,
  target: Authorizable,
  acting: ActingUser,
): Promise<{ credentials: unknown; end(): Promise<void> }> {
  if ('username' in acting) {
    const credentials = target.flow.actingAs(target.credentials, acting.username);
    if (credentials === null)
      throw new AuthorizationRefused(
        'Another user can be named only where logins are signed with a key. Log in with a browser instead: --login.',
      );
    return { credentials, end: () => Promise.resolve() };
  }
  const answered = await logInByBrowser({ ...target, label: target.definition.label }, acting.login, false);
  const granted = await redeem(target, { ...answered, lasting: false });
  return { credentials: granted.credentials, end: () => endUnused(app, target, granted) };
}
