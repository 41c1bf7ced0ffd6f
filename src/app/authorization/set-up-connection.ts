import { z } from 'zod';
import { configuredConnections } from '../connect-crms.ts';
import { deleteConnection, loadConnection, saveConnection } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { flowOf, loadAuthorizable, type Authorizable } from './connection-to-authorize.ts';
import { AuthorizationRefused } from './refused.ts';

/** What the command line may say differently from .env. */
export interface LoginPlace {
  loginUrl?: string;
  clientId?: string;
}

export interface SetUp {
  target: Authorizable;
  /** Takes back what was set up just now; for a login that came to nothing. */
  undo(): Promise<void>;
}

/**
 * The connection to log in to: the one there is, with the address and credentials that .env has by now, or one set up from
 * .env or from what the command line says. A connection is named like its vendor.
 * @throws AuthorizationRefused that names what is missing or wrong
 */
export async function setUpConnection(app: Application, vendor: string, place: LoginPlace): Promise<SetUp> {
  const known = await loadConnection(app.db, vendor);
  if (!known) await saveNew(app, vendor, place);
  else await takeOverConfigured(app, vendor);
  const undo = async (): Promise<void> => {
    if (!known) await deleteConnection(app.db, vendor);
  };
  try {
    return { target: differently(await loadAuthorizable(app, vendor), place), undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** As a start does: whoever corrects .env and runs the command again must not meet the old mistake. */
async function takeOverConfigured(app: Application, vendor: string): Promise<void> {
  const configured = configuredConnections(app.config).find((connection) => connection.vendor === vendor);
  if (configured) await saveConnection(app.db, app.keyring, configured, app.clock.now());
}

async function saveNew(app: Application, vendor: string, { loginUrl, clientId }: LoginPlace): Promise<void> {
  const { definition, flow } = flowOf(app, vendor);
  const configured = configuredConnections(app.config).find((connection) => connection.vendor === vendor);
  if (!configured && clientId === undefined)
    throw new AuthorizationRefused(
      `Nothing is known of the app to log in with. Set ${vendor.toUpperCase()}_CLIENT_ID in .env (see the guide of ${definition.label} in docs/), or name it with --client-id.`,
    );
  const settings = { sandbox: false };
  const fresh = {
    id: vendor,
    vendor,
    label: definition.label,
    settings:
      loginUrl === undefined ? settings : (Object(flow.at(settings, loginUrl)) as Record<string, unknown>),
    credentials: flow.unconnected({ clientId: clientId ?? '' }),
    isSandbox: false,
    accountId: null,
    recordOrder: 1,
    pushSlots: app.config.pushSlots,
  };
  await saveConnection(app.db, app.keyring, configured ?? fresh, app.clock.now());
}

function differently(target: Authorizable, { loginUrl, clientId }: LoginPlace): Authorizable {
  const named = { ...target.app, clientId: clientId ?? target.app.clientId };
  if (loginUrl === undefined) return { ...target, app: named };
  try {
    const settings = target.definition.settings.parse(target.flow.at(target.settings, loginUrl));
    return { ...target, app: named, settings };
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new AuthorizationRefused(`--login-url: ${error.issues[0]?.message ?? 'is not usable'}.`);
    throw error;
  }
}
