import type { ConnectorContext, ConnectorDefinition } from '../../crm/connector.ts';
import type { Needs, Provisioner } from '../../crm/provisioning.ts';
import { inItsWords, SyncError } from '../../crm/sync-error.ts';
import { needsOf } from '../../mapping/needs.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { loadAuthorizable, type Authorizable } from '../authorization/connection-to-authorize.ts';
import { openOnce, type ActingUser } from '../authorization/authorize-once.ts';
import { setUpConnection } from '../authorization/set-up-connection.ts';
import { saveCredentials, type ConnectionRow } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { mappingOf } from '../configuration/choose-mapping.ts';

/** Set-up is slower than records: one field can take Salesforce seconds. */
const callTimeout = { callTimeoutMs: Math.max(callTimeoutMs, 60_000) };

/** A command that cannot be carried out as it stands; the message is for the person, and nothing was changed. */
export class ProvisioningRefused extends Error {
  override readonly name = 'ProvisioningRefused';
}

/** What a failed call means for the person at the command line. */
export function explain(error: unknown): string {
  if (!(error instanceof SyncError)) return error instanceof Error ? error.message : String(error);
  const { nextStep } = error.details;
  const said = inItsWords(error.details);
  return nextStep === undefined ? said : `${said}. ${nextStep}`;
}

export interface OpenedProvisioner {
  row: ConnectionRow;
  provisioner: Provisioner;
  needs: Needs;
  /** The user the mirror runs as. */
  runsAs: string;
  options: typeof callTimeout;
  close(): Promise<void>;
}

/**
 * An administrator's hands in the CRM of a connection, which is set up from .env when it is not there yet. Without
 * `acting` they are the hands of the connection's own user.
 * @throws ProvisioningRefused, AuthorizationRefused
 */
export async function openProvisioner(
  app: Application,
  vendor: string,
  acting: ActingUser | null,
): Promise<OpenedProvisioner> {
  const definition = app.definitions.find((candidate) => candidate.vendor === vendor);
  if (!definition?.provisioning)
    throw new ProvisioningRefused(
      `Tributary does not prepare "${vendor}" by itself: docs/connect-${vendor}.md says what to set up.`,
    );
  const { undo } = await setUpConnection(app, vendor, {});
  try {
    return await openFor(app, vendor, definition.provisioning, acting);
  } catch (error) {
    // What .env got wrong must not stay behind: a wrong org id would be a pin that nothing corrects.
    await undo();
    throw error;
  }
}

async function openFor(
  app: Application,
  vendor: string,
  provisioning: NonNullable<ConnectorDefinition['provisioning']>,
  acting: ActingUser | null,
): Promise<OpenedProvisioner> {
  const target = await loadAuthorizable(app, vendor);
  const runtime = contextOf(app, target);
  const opened = acting === null ? ownHands(app, target) : await openOnce(app, vendor, acting);
  try {
    return {
      row: target.row,
      provisioner: provisioning.open(opened.context, runtime),
      needs: needsOf(await mappingOf(app.db, target.row, app.config.mappingDir)),
      runsAs: provisioning.runsAs(target.credentials) ?? (await askWhoRuns(target, runtime)),
      options: callTimeout,
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function ownHands(
  app: Application,
  target: Authorizable,
): { context: ConnectorContext<unknown, unknown>; close(): Promise<void> } {
  return { context: contextOf(app, target), close: () => Promise.resolve() };
}

function contextOf(
  app: Application,
  { row, settings, credentials }: Authorizable,
): ConnectorContext<unknown, unknown> {
  const { db, keyring, clock, logger } = app;
  return {
    connectionId: row.id,
    settings,
    credentials,
    saveCredentials: (changed) => saveCredentials(db, keyring, row.id, changed, clock.now()),
    clock,
    log: logger.child({ connectionId: row.id }),
  };
}

/** A login by refresh token does not say whose it is: the CRM does. */
async function askWhoRuns(
  { definition }: Authorizable,
  runtime: ConnectorContext<unknown, unknown>,
): Promise<string> {
  const connector = definition.open(runtime);
  try {
    return (await connector.identify({ deadline: Date.now() + callTimeoutMs })).actsAs;
  } finally {
    await connector.close();
  }
}
