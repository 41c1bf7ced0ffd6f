import type { ConnectorDefinition } from '../../crm/connector.ts';
import type { WebhookWish } from '../../crm/provisioning.ts';
import { setUpConnection } from '../authorization/set-up-connection.ts';
import { configuredConnections } from '../connect-crms.ts';
import {
  deleteConnection,
  loadConnection,
  loadCredentials,
  saveConnection,
  type ConnectionRow,
} from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { ProvisioningRefused } from './refused.ts';

/** A connection with all that its CRM is opened with. */
export interface Preparable {
  definition: ConnectorDefinition;
  row: ConnectionRow;
  /** Checked against the vendor's own hosts. */
  settings: unknown;
  credentials: unknown;
}

/**
 * Sets the connection up from .env when it is not there yet, with what .env says by now when it is. A connection is named
 * like its vendor.
 * @returns what takes back a connection that was set up just now
 * @throws ProvisioningRefused, AuthorizationRefused naming what is missing
 */
export async function setUpToPrepare(
  app: Application,
  { vendor, label, authorization }: ConnectorDefinition,
): Promise<() => Promise<void>> {
  const known = await loadConnection(app.db, vendor);
  const configured = configuredConnections(app.config).find((connection) => connection.vendor === vendor);
  if (!known && !configured) {
    // Where people log in with a browser, the app to log in with is all that is needed.
    if (authorization) return (await setUpConnection(app, vendor, {})).undo;
    throw new ProvisioningRefused(
      `Nothing is known of ${label} yet: set its credentials in .env (docs/connect-${vendor}.md says which).`,
    );
  }
  if (configured) await saveConnection(app.db, app.keyring, configured, app.clock.now());
  return known ? () => Promise.resolve() : () => deleteConnection(app.db, vendor);
}

/** @throws ProvisioningRefused */
export async function loadPreparable(app: Application, definition: ConnectorDefinition): Promise<Preparable> {
  const row = await loadConnection(app.db, definition.vendor);
  if (!row) throw new ProvisioningRefused(`There is no connection "${definition.vendor}".`);
  return {
    definition,
    row,
    settings: definition.settings.parse(row.settings),
    credentials: definition.credentials.parse(await loadCredentials(app.db, app.keyring, row.id)),
  };
}

/** Where this installation hears of changes. */
export function webhookWish({ config }: Pick<Application, 'config'>, vendor: string): WebhookWish {
  const { publicUrl } = config.http;
  return {
    targetUrl: publicUrl === undefined ? null : `${publicUrl}/v1/webhooks/crm/${vendor}`,
    developerKey: config.hubspotDeveloperKey ?? null,
  };
}
