import type { AuthorizationAnswer, Granted } from '../../crm/authorization.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { endRefusedLogin } from '../../mirror/refused-login.ts';
import type { Sql } from '../../platform/database/database.ts';
import { pinConnection, saveCredentials } from '../connection-store.ts';
import type { Authorizable, AuthorizingApp } from './connection-to-authorize.ts';
import { AuthorizationRefused, refusalOf } from './refused.ts';

export interface Connected {
  connection: string;
  accountId: string;
}

/**
 * Redeems the code and stores the login, sealed, for every process to take up at once. A login to another org or portal than
 * the one the connection is pinned to changes nothing and is ended again.
 * @throws AuthorizationRefused
 */
export async function redeemAndStore(
  app: AuthorizingApp,
  target: Pick<Authorizable, 'flow' | 'row' | 'settings'>,
  answer: Omit<AuthorizationAnswer, 'lasting'>,
): Promise<Connected> {
  const granted = await redeem(target, { ...answer, lasting: true });
  const pinned = await app.db.transaction((tx) => storeIfSameAccount(app, target, granted, tx));
  if (pinned !== granted.accountId) {
    await endUnused(app, target, granted);
    throw otherAccount(granted.accountId, pinned, target.row.label);
  }
  return { connection: target.row.id, accountId: granted.accountId };
}

/** Turns what the vendor says into a message for the person. @throws AuthorizationRefused */
export async function redeem(
  { flow, settings }: Pick<Authorizable, 'flow' | 'settings'>,
  answer: AuthorizationAnswer,
): Promise<Granted<unknown>> {
  try {
    return await flow.redeem(settings, answer, { deadline: Date.now() + callTimeoutMs });
  } catch (error) {
    throw refusalOf(error);
  }
}

export function otherAccount(found: string, pinned: string, label: string): AuthorizationRefused {
  return new AuthorizationRefused(
    `You logged in to the account ${found}, but the connection "${label}" belongs to ${pinned}. Nothing was changed. ` +
      'Log in to that one; for another account use another installation (its own DATABASE_URL or TRIBUTARY_DATA_DIR).',
  );
}

/** @returns the account the connection is pinned to: when it is another one, nothing was stored */
async function storeIfSameAccount(
  { keyring, clock }: AuthorizingApp,
  { row, settings }: Pick<Authorizable, 'row' | 'settings'>,
  granted: Granted<unknown>,
  tx: Sql,
): Promise<string> {
  await tx.query('SELECT 1 FROM connections WHERE id = $1 FOR UPDATE', [row.id]);
  const pinned = await pinConnection(tx, row.id, granted.accountId);
  if (pinned !== granted.accountId) return pinned;
  await saveCredentials(tx, keyring, row.id, granted.credentials, clock.now());
  await tx.query('UPDATE connections SET settings = $2, login_epoch = login_epoch + 1 WHERE id = $1', [
    row.id,
    JSON.stringify(settings),
  ]);
  await endRefusedLogin(tx, row.id, clock.now());
  return pinned;
}

/** A vendor keeps only a few logins per user; one that nobody uses would push out one in use. */
export async function endUnused(
  { logger }: Pick<AuthorizingApp, 'logger'>,
  { flow, settings }: Pick<Authorizable, 'flow' | 'settings'>,
  granted: Granted<unknown>,
): Promise<void> {
  try {
    await flow.revoke(settings, granted.credentials, { deadline: Date.now() + callTimeoutMs });
  } catch (error) {
    logger.warn({ err: error }, 'a login that is not used could not be ended at the vendor');
  }
}
