import type { Capabilities, ConnectorDefinition, Connector, Stage } from '../crm/connector.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { FittedMapping } from '../mapping/fit.ts';
import type { WiredConnection, WiredConnections } from '../mapping/wired-connection.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { fieldsThatWorked } from '../mirror/mapping-rows.ts';
import { readLoginEpoch } from '../mirror/refused-login.ts';
import { keepStages } from '../observations/known-stages.ts';
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
import { keepFit } from './keep-fit.ts';
import { keepNativeSync } from './keep-native-sync.ts';
import { forgetReads, openMemory, rememberedReads, type ReadMemory } from './remember-reads.ts';
import { shareCalls } from './calls/share-calls.ts';
import { shareLogin } from './share-login.ts';

/** After this long a connection is opened anew: what an org's describe keeps quiet about is seen then. */
const wiringLifeMs = 60 * 60_000;
/** How often the org is asked whether its fields, picklists and stages are still what the mapping was fitted to. */
const schemaWatchMs = 5 * 60_000;
/** Refusals of unknown fields come by the hundred: they make us look once. */
const leastRecheckMs = 10_000;

export interface WiringSettings {
  db: Database;
  clock: Clock;
  logger: Logger;
  keyring: Keyring;
  definitions: readonly ConnectorDefinition[];
  /** A folder of `<vendor>.yaml` files that replace the shipped mappings. */
  mappingDir?: string;
  /** Milliseconds; 5 minutes unless said otherwise. */
  schemaWatchMs?: number;
}

export interface Wiring extends WiredConnections {
  /** Opens without the check that the mapping fits: `doctor` reports what it finds instead. */
  inspect(connectionId: string): Promise<WiredConnection>;
  close(): Promise<void>;
}

interface Cached {
  wired: Promise<WiredConnection>;
  openedAt: number;
  /** When the mapping was last compared with the org. */
  fittedAt: number;
  /** The CRM refused a field or value as unknown since then. */
  suspect: boolean;
  recheckedAt: number;
  /** Of the login and the mapping it was opened with. */
  revision: string;
}

/** Opens connections once per process and keeps them, so that a batch costs no describe, no login and no handshake. */
export function wireConnections(settings: WiringSettings): Wiring {
  const cache = new Map<string, Cached>();
  const opened = async (id: string, anew: boolean): Promise<WiredConnection> => {
    const { loginEpoch, revision } = await revisionOf(settings, id);
    const cached = cache.get(id);
    // Somebody connected it again or applied a mapping, in whichever process: what was before is not used once more.
    const isCurrent = cached?.revision === revision && Date.now() - cached.openedAt < wiringLifeMs;
    if (cached && isCurrent && !anew) return upToDate(settings, cached);
    const wired = wire(settings, id, loginEpoch, cached === undefined && !anew);
    cache.set(id, {
      wired,
      openedAt: Date.now(),
      fittedAt: Date.now(),
      suspect: false,
      recheckedAt: 0,
      revision,
    });
    wired.catch(() => cache.get(id)?.wired === wired && cache.delete(id));
    if (cached) closeQuietly(settings, cached.wired);
    return wired;
  };
  return {
    inspect: (id) => opened(id, !cache.has(id)),
    open: (id) => opened(id, false),
    recheck: (id) => {
      const cached = cache.get(id);
      if (cached) cached.suspect = true;
    },
    forget: async (id) => {
      await forgetReads(settings.db, id);
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

/** Compares the mapping with the org again when it is time; while the org cannot be asked, what was known stays. */
function upToDate(settings: WiringSettings, cached: Cached): Promise<WiredConnection> {
  const watchMs = settings.schemaWatchMs ?? schemaWatchMs;
  const now = Date.now();
  const fresh = cached.suspect && now - cached.recheckedAt >= leastRecheckMs;
  if (!fresh && now - cached.fittedAt < watchMs) return cached.wired;
  const before = cached.wired;
  Object.assign(cached, { fittedAt: now, ...(fresh ? { suspect: false, recheckedAt: now } : {}) });
  cached.wired = before.then((wired) => refit(settings, wired, fresh));
  return cached.wired;
}

async function refit(
  settings: WiringSettings,
  wired: WiredConnection,
  fresh: boolean,
): Promise<WiredConnection> {
  try {
    const row = await loadConnection(settings.db, wired.id);
    if (!row) return wired;
    return { ...wired, ...(await fitConnection(settings, row, wired, fresh)) };
  } catch (error) {
    settings.logger.warn({ err: error, connectionId: wired.id }, 'the org could not be described again');
    return wired;
  }
}

type Fitted = Pick<WiredConnection, 'mapping' | 'openStage' | 'startRules' | 'stages' | 'ownFields'>;

async function fitConnection(
  settings: WiringSettings,
  row: ConnectionRow,
  { connector, capabilities }: Pick<WiredConnection, 'connector' | 'capabilities'>,
  fresh: boolean,
): Promise<Fitted> {
  const wanted = await mappingOf(settings.db, row, settings.mappingDir);
  const worked = await fieldsThatWorked(settings.db, row.id);
  const describedAt = settings.clock.now();
  const fit = await fitOrg(connector, capabilities, wanted, { worked, fresh });
  const { mapping, stages, openStages, startRules, nativeSync } = fit;
  const openStage = firstOpenStage(openStages, row);
  await keepFit(settings.db, row.id, mapping, describedAt, settings.clock.now());
  await keepStages(settings.db, row.id, stages, settings.clock.now());
  await keepNativeSync(settings.db, row, nativeSync, settings.clock.now());
  return { mapping, stages, openStage, startRules, ownFields: ownFields(mapping) };
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

/** @param remembering the first opening in this process: what another read of the org minutes ago will do */
async function wire(
  settings: WiringSettings,
  id: string,
  loginEpoch: number,
  remembering: boolean,
): Promise<WiredConnection> {
  const row = await loadConnection(settings.db, id);
  if (!row) throw new Error(`There is no connection named "${id}".`);
  const definition = settings.definitions.find((candidate) => candidate.vendor === row.vendor);
  if (!definition) throw new Error(`No connector is installed for ${row.vendor}.`);
  const memory = remembering ? await openMemory(settings, row) : null;
  const connector = await openConnector(settings, definition, row, memory);
  try {
    const asked = memory ? { ...connector, ...rememberedReads(memory, connector) } : connector;
    const identity = await asking((options) => asked.identify(options));
    await requirePinned(settings, row, identity.accountId);
    const capabilities = capabilitiesOf(definition, row);
    let fitted = await fitConnection(settings, row, { connector: asked, capabilities }, true);
    // What does not fit may have been put right since.
    if (memory?.used() && (fitted.mapping.faults.length > 0 || fitted.mapping.paused.length > 0))
      fitted = await fitConnection(settings, row, { connector, capabilities }, true);
    await settings.db.query(
      'UPDATE connections SET deal_target = $2, persons = $3 WHERE id = $1 AND (deal_target <> $2 OR persons <> $3)',
      [id, fitted.mapping.target === 'lead' ? 'lead' : 'deal', fitted.mapping.persons !== undefined],
    );
    return { id, vendor: row.vendor, connector, capabilities, identity, loginEpoch, ...fitted };
  } catch (error) {
    await connector.close();
    throw error;
  }
}

function capabilitiesOf(definition: ConnectorDefinition, row: ConnectionRow): Capabilities {
  return definition.capabilitiesOf?.(definition.settings.parse(row.settings)) ?? definition.capabilities;
}

async function openConnector(
  settings: WiringSettings,
  definition: ConnectorDefinition,
  row: ConnectionRow,
  memory: ReadMemory | null,
): Promise<Connector> {
  const { db, clock, keyring, logger } = settings;
  return definition.open({
    connectionId: row.id,
    settings: definition.settings.parse(row.settings),
    credentials: definition.credentials.parse(await loadCredentials(db, keyring, row.id)),
    saveCredentials: (changed) => saveCredentials(db, keyring, row.id, changed, clock.now()),
    login: shareLogin({
      db,
      keyring,
      clock,
      connectionId: row.id,
      read: (stored) => definition.credentials.parse(stored),
    }),
    turns: shareCalls(db, logger, row.id),
    ...(memory ? { remember: memory.remember } : {}),
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
