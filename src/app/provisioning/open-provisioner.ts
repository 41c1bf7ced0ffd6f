import type { ConnectorContext, ConnectorDefinition } from '../../crm/connector.ts';
import type { Needs, Provisioner, WebhookWish } from '../../crm/provisioning.ts';
import { inItsWords, SyncError } from '../../crm/sync-error.ts';
import { needsOf } from '../../mapping/needs.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { openOnce, type ActingUser } from '../authorization/authorize-once.ts';
import { saveCredentials, type ConnectionRow } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { mappingOf } from '../configuration/choose-mapping.ts';
import { loadPreparable, setUpToPrepare, webhookWish, type Preparable } from './connection-to-prepare.ts';
import { ProvisioningRefused } from './refused.ts';

/** Set-up is slower than records: one field can take Salesforce seconds. */
const callTimeout = { callTimeoutMs: Math.max(callTimeoutMs, 60_000) };

export { ProvisioningRefused } from './refused.ts';

/** Whose hands: somebody who logs in, or whoever made the token given for this errand. */
export type ActingAdministrator = ActingUser | { token: string };

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
  webhooks: WebhookWish;
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
  acting: ActingAdministrator | null,
): Promise<OpenedProvisioner> {
  const definition = app.definitions.find((candidate) => candidate.vendor === vendor);
  if (!definition?.provisioning)
    throw new ProvisioningRefused(
      `Tributary does not prepare "${vendor}" by itself: docs/connect-${vendor}.md says what to set up.`,
    );
  const undo = await setUpToPrepare(app, definition);
  try {
    return await openFor(app, definition, definition.provisioning, acting);
  } catch (error) {
    // What .env got wrong must not stay behind: a wrong org id would be a pin that nothing corrects.
    await undo();
    throw error;
  }
}

async function openFor(
  app: Application,
  definition: ConnectorDefinition,
  provisioning: Provisioning,
  acting: ActingAdministrator | null,
): Promise<OpenedProvisioner> {
  const target = await loadPreparable(app, definition);
  const runtime = contextOf(app, target);
  const opened = await openHands(app, target, provisioning, acting);
  try {
    return {
      row: target.row,
      provisioner: provisioning.open(opened.context, runtime),
      needs: needsOf(await mappingOf(app.db, target.row, app.config.mappingDir)),
      runsAs: provisioning.runsAs(target.credentials) ?? (await askWhoRuns(target, runtime)),
      webhooks: webhookWish(app, definition.vendor),
      options: callTimeout,
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

type Provisioning = NonNullable<ConnectorDefinition['provisioning']>;
type Context = ConnectorContext<unknown, unknown>;

async function openHands(
  app: Application,
  target: Preparable,
  provisioning: Provisioning,
  acting: ActingAdministrator | null,
): Promise<{ context: Context; close(): Promise<void> }> {
  const own = contextOf(app, target);
  const close = (): Promise<void> => Promise.resolve();
  if (acting === null) return { context: own, close };
  if (!('token' in acting)) return openOnce(app, target.row.vendor, acting);
  if (!provisioning.withToken)
    throw new ProvisioningRefused(
      `${target.definition.label} has no tokens of that kind: name an administrator with --as, or log in with --login.`,
    );
  // It serves this errand only: what is stored stays the connection's own.
  const credentials = provisioning.withToken(acting.token);
  return { context: { ...own, credentials, saveCredentials: () => Promise.resolve() }, close };
}

function contextOf(app: Application, { row, settings, credentials }: Preparable): Context {
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
async function askWhoRuns({ definition }: Preparable, runtime: Context): Promise<string> {
  const connector = definition.open(runtime);
  try {
    return (await connector.identify({ deadline: Date.now() + callTimeoutMs })).actsAs;
  } finally {
    await connector.close();
  }
}
