import type { ConnectorDefinition, Connector, Stage } from '../crm/connector.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { FittedMapping } from '../mapping/fit.ts';
import type { WiredConnection, WiredConnections } from '../mapping/wired-connection.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { readLoginEpoch } from '../mirror/refused-login.ts';
import type { Clock } from '../platform/clock.ts';
import { mappingOf, mappingRevision } from './configuration/choose-mapping.ts';
import type { Keyring } from '../platform/crypto/keyring.ts';
import type { Database } from '../platform/database/database.ts';
import type { Logger } from '../platform/logging.ts';
import {
  loadConnection,
  loadCredentials,
  pinConnection,
  saveCredentials,
  type ConnectionRow,
} from './connection-store.ts';
import { asking, fitOrg } from './fit-org.ts';

/** After this long the org is described anew, so a removed field or a renamed stage is noticed. */
const wiringLifeMs = 10 * 60_000;

export interface WiringSettings {
  db: Database;
  clock: Clock;
  logger: Logger;
  keyring: Keyring;
  definitions: readonly ConnectorDefinition[];
  /** A folder of `<vendor>.yaml` files that replace the shipped mappings. */
  mappingDir?: string;
}

export interface Wiring extends WiredConnections {
  /** Opens without the check that the mapping fits: `doctor` reports what it finds instead. */
  inspect(connectionId: string): Promise<WiredConnection>;
  close(): Promise<void>;
}

interface Cached {
  wired: Promise<WiredConnection>;
  openedAt: number;
  /** Of the login and the mapping it was opened with. */
  revision: string;
}

/** Opens connections once per process and keeps them, so that a batch costs no describe, no login and no handshake. */
export function wireConnections(settings: WiringSettings): Wiring {
  const cache = new Map<string, Cached>();
  const inspect = async (id: string): Promise<WiredConnection> => {
    const { loginEpoch, revision } = await revisionOf(settings, id);
    const cached = cache.get(id);
    // Somebody connected it again or applied a mapping, in whichever process: what was before is not used once more.
    const isCurrent = cached?.revision === revision && Date.now() - cached.openedAt < wiringLifeMs;
    if (cached && isCurrent) return cached.wired;
    const wired = wire(settings, id, loginEpoch);
    cache.set(id, { wired, openedAt: Date.now(), revision });
    wired.catch(() => cache.get(id)?.wired === wired && cache.delete(id));
    if (cached) closeQuietly(settings, cached.wired);
    return wired;
  };
  return {
    inspect,
    open: async (id) => requireFit(await inspect(id)),
    forget: async (id) => {
      const cached = cache.get(id);
      cache.delete(id);
      if (cached) closeQuietly(settings, cached.wired);
    },
    close: async () => {
      const open = [...cache.values()];
      cache.clear();
      await Promise.allSettled(open.map(async ({ wired }) => (await wired).connector.close()));
    },
  };
}

async function revisionOf(
  { db }: WiringSettings,
  id: string,
): Promise<{ loginEpoch: number; revision: string }> {
  const [loginEpoch, mapping] = await Promise.all([readLoginEpoch(db, id), mappingRevision(db, id)]);
  return { loginEpoch, revision: `${loginEpoch}:${mapping}` };
}

/** A call may still be running on the old client: it is closed once its longest deadline has passed. */
function closeQuietly(settings: WiringSettings, wired: Promise<WiredConnection>): void {
  const close = async (): Promise<void> => (await wired).connector.close();
  setTimeout(() => {
    close().catch((error: unknown) =>
      settings.logger.debug({ err: error }, 'a replaced connection did not close cleanly'),
    );
  }, callTimeoutMs).unref();
}

async function wire(settings: WiringSettings, id: string, loginEpoch: number): Promise<WiredConnection> {
  const row = await loadConnection(settings.db, id);
  if (!row) throw new Error(`There is no connection named "${id}".`);
  const definition = settings.definitions.find((candidate) => candidate.vendor === row.vendor);
  if (!definition) throw new Error(`No connector is installed for ${row.vendor}.`);
  const connector = await openConnector(settings, definition, row);
  try {
    const identity = await asking((options) => connector.identify(options));
    await requirePinned(settings, row, identity.accountId);
    const wanted = await mappingOf(settings.db, row, settings.mappingDir);
    const { capabilities } = definition;
    const { mapping, stages, openStages } = await fitOrg(connector, capabilities, wanted);
    const openStage = firstOpenStage(openStages, row);
    return {
      id,
      vendor: row.vendor,
      connector,
      capabilities,
      identity,
      mapping,
      openStage,
      stages,
      ownFields: ownFields(mapping),
      loginEpoch,
    };
  } catch (error) {
    await connector.close();
    throw error;
  }
}

async function openConnector(
  settings: WiringSettings,
  definition: ConnectorDefinition,
  row: ConnectionRow,
): Promise<Connector> {
  const { db, clock, keyring, logger } = settings;
  return definition.open({
    connectionId: row.id,
    settings: definition.settings.parse(row.settings),
    credentials: definition.credentials.parse(await loadCredentials(db, keyring, row.id)),
    saveCredentials: (changed) => saveCredentials(db, keyring, row.id, changed, clock.now()),
    clock,
    log: logger.child({ connectionId: row.id }),
  });
}

/** A staging copy with production credentials, or credentials of another org, must not write a single record. */
async function requirePinned(settings: WiringSettings, row: ConnectionRow, accountId: string): Promise<void> {
  const pinned = await pinConnection(settings.db, row.id, accountId);
  if (pinned === accountId) return;
  throw new SyncError({
    kind: 'auth-expired',
    stage: 'connect',
    vendor: row.vendor,
    plain: `the credentials open ${accountId}, but this connection is pinned to ${pinned}`,
    nextStep: 'Put back the credentials of the pinned account, or make a new connection for the other one.',
  });
}

function firstOpenStage(stages: readonly Stage[], row: ConnectionRow): Stage {
  const [first] = stages;
  if (!first) throw new Error(`${row.label} has no open stage a new deal could start in.`);
  return first;
}

/** Fields of ours that a rep has no reason to touch: what is written always and never read back as the rep's. */
function ownFields(mapping: FittedMapping): ReadonlySet<string> {
  const guarded = new Set(['amount', 'currency', 'stage', 'pipeline', 'closeDate', 'owner']);
  const theirs = new Set(mapping.deal.read.filter((row) => guarded.has(row.to)).map((row) => row.from));
  const written = mapping.deal.write.map((row) => row.to).filter((field) => !theirs.has(field));
  return new Set([...written, mapping.deal.keyField]);
}

function requireFit(wired: WiredConnection): WiredConnection {
  const [fault] = wired.mapping.faults;
  if (!fault) return wired;
  throw new SyncError({
    kind: 'conflict',
    stage: 'describe',
    vendor: wired.vendor,
    plain: `the mapping does not fit the CRM: ${fault.object}.${fault.field}: ${fault.problem} (${wired.mapping.faults.length} in all)`,
    nextStep: 'Run tributary doctor: it lists every fault with its remedy.',
  });
}
