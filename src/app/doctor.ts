import type { Inspection } from '../crm/provisioning.ts';
import type { Connector } from '../crm/connector.ts';
import { inItsWords } from '../crm/sync-error.ts';
import { keepUsage, usageInWords } from '../mirror/usage/keep-usage.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { readNativeSync } from '../mirror/native-sync.ts';
import { listCards } from '../platform/cards/cards.ts';
import { pendingMigrations } from '../platform/database/migrate.ts';
import { asSyncError } from '../../workers/decide-next.ts';
import { inspectConnection } from './provisioning/inspect-connection.ts';
import { listConnections, type ConnectionRow } from './connection-store.ts';
import type { Application } from './open-application.ts';

export interface Finding {
  area: 'configuration' | 'services' | 'programme' | 'crm';
  check: string;
  ok: boolean;
  found: string;
  /** What to do; null when all is well. */
  nextStep: string | null;
}

const tolerableSkewMs = 5_000;

/** Looks at everything a deal's way depends on and says what to do about what is not right. Changes nothing. */
export async function examine(app: Application): Promise<Finding[]> {
  const connections = await listConnections(app.db);
  const findings = [
    checkVariables(app),
    await checkMigrations(app),
    await checkDatabaseClock(app),
    await checkQueue(app),
    await checkPlan(app),
    await checkEndpoints(app),
    checkConnected(app, connections),
  ];
  for (const connection of connections) findings.push(...(await examineConnection(app, connection)));
  findings.push(...(await findCards(app)));
  return findings;
}

function finding(area: Finding['area'], check: string, found: string, nextStep: string | null): Finding {
  return { area, check, ok: nextStep === null, found, nextStep };
}

function checkVariables({ config }: Application): Finding {
  const unknown = config.unknownVariables;
  const found = unknown.length === 0 ? 'every variable is known' : `not known: ${unknown.join(', ')}`;
  return finding(
    'configuration',
    'environment variables',
    found,
    unknown.length === 0 ? null : 'Correct the spelling; .env.example lists all.',
  );
}

async function checkMigrations(app: Application): Promise<Finding> {
  const pending = await pendingMigrations(app.databaseUrl);
  return finding(
    'services',
    'database schema',
    pending.length === 0 ? 'up to date' : `${pending.length} migrations are pending`,
    pending.length === 0 ? null : 'Start tributary once with the owner in DATABASE_URL.',
  );
}

async function checkDatabaseClock(app: Application): Promise<Finding> {
  const rows = await app.db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const skew = Math.abs((rows[0]?.now.getTime() ?? 0) - Date.now());
  return skewFinding('services', 'database clock', skew);
}

function skewFinding(area: Finding['area'], check: string, skewMs: number): Finding {
  const ok = skewMs <= tolerableSkewMs;
  return finding(
    area,
    check,
    `${(skewMs / 1000).toFixed(1)} s apart from this machine`,
    ok ? null : 'Let NTP set both clocks: signatures and logins expire by them.',
  );
}

async function checkQueue(app: Application): Promise<Finding> {
  const queues = await app.openQueues();
  try {
    const pending = await queues.pending('mirror-deals');
    return finding('services', 'queue', `${queues.backend} answers (${pending} wakes waiting)`, null);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return finding(
      'services',
      'queue',
      found,
      'Start Redis or unset REDIS_URL. Nothing is lost: due work lies in PostgreSQL.',
    );
  } finally {
    await queues.close();
  }
}

async function checkPlan(app: Application): Promise<Finding> {
  const rows = await app.db.query<{ key: string; version: number }>(
    'SELECT key, version FROM plans WHERE effective_from <= $1::date ORDER BY effective_from DESC LIMIT 1',
    [app.clock.now()],
  );
  const plan = rows[0];
  return finding(
    'programme',
    'commission plan',
    plan ? `${plan.key} version ${plan.version} is in effect` : 'no plan is in effect',
    plan ? null : 'Set TRIBUTARY_PLAN_FILE, or publish one: tributary plan publish FILE --by NAME.',
  );
}

async function checkEndpoints(app: Application): Promise<Finding> {
  const rows = await app.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM endpoints WHERE disabled_at IS NULL',
  );
  const count = rows[0]?.count ?? 0;
  return finding(
    'programme',
    'payout endpoint',
    `${count} subscribed`,
    count > 0 ? null : 'Set TRIBUTARY_PAYOUT_URL and TRIBUTARY_PAYOUT_SECRET.',
  );
}

function checkConnected({ config }: Application, connections: readonly ConnectionRow[]): Finding {
  const found = connections.map((connection) => connection.label).join(', ') || 'none';
  return finding(
    'crm',
    'connections',
    found,
    connections.length > 0
      ? null
      : config.salesforce || config.hubspot
        ? 'The credentials are set. The connection is made when tributary serve, work or start runs: start one, then run doctor again.'
        : 'Set the credentials of Salesforce or HubSpot (see .env.example), or run npm start for local ones.',
  );
}

/** Opens the connection as the workers do: credentials, pin, permissions, fields, stages, clock. */
async function examineConnection(app: Application, row: ConnectionRow): Promise<Finding[]> {
  try {
    const wired = await app.wiring.inspect(row.id);
    const vendorNow = await wired.connector.vendorNow({ deadline: Date.now() + callTimeoutMs });
    const { identity, mapping, openStage } = wired;
    const inspected = await inspectConnection(app, row);
    const said = new Set(inspected.map(({ field }) => `${field?.object}.${field?.field}`));
    const faults = mapping.faults
      .filter((fault) => !said.has(`${fault.object}.${fault.field}`))
      .map((fault) =>
        finding(
          'crm',
          `${row.id}: field ${fault.object}.${fault.field}`,
          fault.problem,
          'Correct the CRM or the mapping, then run doctor again.',
        ),
      );
    const wrong = [...inspected.map((one) => inspectionFinding(row, one)), ...faults];
    return [
      finding(
        'crm',
        `${row.id}: login`,
        `${identity.name} (${identity.accountId}) as ${identity.actsAs}`,
        null,
      ),
      gateFinding(row),
      ...(wrong.length > 0
        ? wrong
        : [finding('crm', `${row.id}: fields`, 'every mapped field exists and can be written', null)]),
      finding('crm', `${row.id}: first stage`, `${openStage.label} (${openStage.id})`, null),
      skewFinding('crm', `${row.id}: clock`, Math.abs(vendorNow.getTime() - Date.now())),
      ...(await usageFindings(app, row.id, wired.connector)),
      ...(await syncFindings(app, row)),
    ];
  } catch (thrown) {
    const { details } = asSyncError(thrown, 'connect', row.vendor);
    // An object that is hidden keeps the connection from opening at all: what is missing can be named all the same. But
    // nothing is asked of an org that refuses us, or that is not the one this connection is pinned to.
    const inspected =
      details.kind === 'auth-expired' ? [] : await inspectConnection(app, row).catch(() => []);
    if (inspected.length > 0) return inspected.map((one) => inspectionFinding(row, one));
    return [
      finding(
        'crm',
        `${row.id}: login`,
        inItsWords(details),
        details.nextStep ?? 'Check credentials and network, then run doctor again.',
      ),
    ];
  }
}

/** What stands in the way is on a card already; this is for those who have no reason to do anything. */
async function syncFindings(app: Application, row: ConnectionRow): Promise<Finding[]> {
  const { found, allowedBy } = await readNativeSync(app.db, row.id);
  if (found === null) return [];
  const so = `copies deals to and from ${found.with} by an integration of its own (${found.evidence})`;
  const who = allowedBy === null ? '' : `; ${allowedBy} wants deals in both all the same`;
  return [finding('crm', `${row.id}: native sync`, so + who, null)];
}

/** As the answers to the questions above said. */
async function usageFindings(
  app: Application,
  connectionId: string,
  connector: Connector,
): Promise<Finding[]> {
  const said = connector.usage?.() ?? null;
  if (said === null) return [];
  const usage = await keepUsage(app.db, connectionId, said);
  const next = usage.over
    ? 'Wait, find out who else uses the calls (in Salesforce: Setup, System Overview), or buy more.'
    : null;
  return [finding('crm', `${connectionId}: calls`, usageInWords(usage), next)];
}

/** What stops a connection, as it was met by the workers. */
async function findCards(app: Application): Promise<Finding[]> {
  const cards = await listCards(app.db);
  return cards
    .filter((card) => card.alerts)
    .map((card) =>
      finding(
        'crm',
        `${card.connectionId}: ${card.kind}`,
        `${card.plain} (since ${card.openedAt.toISOString()})`,
        card.nextStep,
      ),
    );
}

function inspectionFinding(row: ConnectionRow, { check, found, nextStep }: Inspection): Finding {
  return finding('crm', `${row.id}: ${check}`, found, nextStep);
}

function gateFinding(row: ConnectionRow): Finding {
  if (row.mode === 'live')
    return finding('crm', `${row.id}: gate`, row.isSandbox ? 'live (local sandbox)' : 'live', null);
  const next = `When its shadow writes look right: tributary go-live ${row.id} --by NAME --cutoff DATE --cap WRITES.`;
  return finding('crm', `${row.id}: gate`, 'in shadow: writes are computed, nothing is sent', next);
}
