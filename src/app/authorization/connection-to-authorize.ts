import type { AuthorizationFlow, AuthorizationRequest, OauthApp } from '../../crm/authorization.ts';
import type { ConnectorDefinition } from '../../crm/connector.ts';
import { loadConnection, loadCredentials, type ConnectionRow } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { AuthorizationRefused, refusalOf } from './refused.ts';

export type AuthorizingApp = Pick<Application, 'db' | 'keyring' | 'clock' | 'logger' | 'definitions'>;

/** Everything a login needs to know of the connection it is for. */
export interface Authorizable {
  definition: ConnectorDefinition;
  flow: AuthorizationFlow<unknown, unknown>;
  row: ConnectionRow;
  /** Checked against the vendor's own hosts. */
  settings: unknown;
  credentials: unknown;
  app: OauthApp;
}

/** @throws AuthorizationRefused when there is no such connection, or none that people log in to with a browser */
export async function loadAuthorizable(app: AuthorizingApp, connectionId: string): Promise<Authorizable> {
  const row = await loadConnection(app.db, connectionId);
  if (!row) throw new AuthorizationRefused(`There is no connection "${connectionId}".`);
  const { definition, flow } = flowOf(app, row.vendor);
  const credentials = definition.credentials.parse(await loadCredentials(app.db, app.keyring, row.id));
  return {
    definition,
    flow,
    row,
    settings: definition.settings.parse(row.settings),
    credentials,
    app: appOf(flow, credentials),
  };
}

/** @throws AuthorizationRefused */
export function flowOf(
  app: Pick<AuthorizingApp, 'definitions'>,
  vendor: string,
): { definition: ConnectorDefinition; flow: AuthorizationFlow<unknown, unknown> } {
  const definition = app.definitions.find((candidate) => candidate.vendor === vendor);
  if (!definition) throw new AuthorizationRefused(`No connector is installed for "${vendor}".`);
  if (!definition.authorization)
    throw new AuthorizationRefused(`${definition.label} is connected by its credentials in .env.`);
  return { definition, flow: definition.authorization };
}

/** The address to open in a browser. @throws AuthorizationRefused when the app is not known well enough to ask */
export function addressToOpen(
  { flow, settings }: Pick<Authorizable, 'flow' | 'settings'>,
  request: AuthorizationRequest,
): string {
  try {
    return flow.ask(settings, request);
  } catch (error) {
    throw refusalOf(error);
  }
}

function appOf(flow: AuthorizationFlow<unknown, unknown>, credentials: unknown): OauthApp {
  try {
    return flow.appOf(credentials);
  } catch (error) {
    throw refusalOf(error);
  }
}
