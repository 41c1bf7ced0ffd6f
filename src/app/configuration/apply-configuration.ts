import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { publishPlan } from '../../commissions/publish-plan.ts';
import { readPublishable } from '../../commissions/read-plan.ts';
import { parseMapping, type LoadedMapping } from '../../mapping/load.ts';
import { loadConnection } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { BundleError, type Bundle } from './bundle.ts';
import { storeDocument } from './documents.ts';
import { putIntoForce } from './put-into-force.ts';
import { exportConfiguration, renderBundle } from './export-configuration.ts';

export interface ConfigurationChange {
  /** Unified diff of the whole configuration; '' when nothing differs. */
  diff: string;
  mappings: string[];
  recordRules: boolean;
  plan: boolean;
}

/** Checks a candidate mapping against the org of a connection. @returns what does not fit, in words */
export type CheckFit = (connectionId: string, mapping: LoadedMapping) => Promise<readonly string[]>;

/**
 * What applying would change here. Everything is checked before anything is changed: that the connections exist, that each
 * mapping fits its org (every field, user and value it names), that the plan is sound.
 * @throws BundleError with every reason
 */
export async function compareConfiguration(
  app: Application,
  bundle: Bundle,
  file: string,
  checkFit: CheckFit,
): Promise<ConfigurationChange> {
  const faults = await faultsOf(app, bundle, checkFit);
  if (faults.length > 0) throw new BundleError(file, faults);
  const current = await exportConfiguration(app);
  const wanted: Bundle = {
    ...current,
    connections: { ...current.connections, ...keepingOrigin(bundle, current) },
    ...(bundle.recordRules === undefined ? {} : { recordRules: bundle.recordRules }),
    ...(bundle.plan === undefined ? {} : { plan: bundle.plan }),
  };
  const [before, after] = [renderBundle(current), renderBundle(wanted)];
  const differs = (part: (of: Bundle) => unknown): boolean =>
    JSON.stringify(part(current)) !== JSON.stringify(part(wanted));
  return {
    diff:
      before === after
        ? ''
        : createTwoFilesPatch('in force here', file, before, after, '', '', { context: 2 }),
    mappings: Object.keys(bundle.connections).filter((id) => differs((of) => of.connections[id]?.mapping)),
    recordRules: differs((of) => of.recordRules),
    plan: differs((of) => of.plan),
  };
}

/** Where it was exported from is told, not compared. */
function keepingOrigin(bundle: Bundle, current: Bundle): Bundle['connections'] {
  return Object.fromEntries(
    Object.entries(bundle.connections).map(([id, { exportedFrom: _from, ...connection }]) => {
      const exportedFrom = current.connections[id]?.exportedFrom;
      return [
        id,
        { vendor: connection.vendor, ...(exportedFrom ? { exportedFrom } : {}), mapping: connection.mapping },
      ];
    }),
  );
}

async function faultsOf(app: Application, bundle: Bundle, checkFit: CheckFit): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, { vendor, mapping }] of Object.entries(bundle.connections)) {
    const connection = await loadConnection(app.db, id);
    if (!connection) {
      faults.push(`connections.${id}: there is no connection of this name here: connect it first`);
      continue;
    }
    if (connection.vendor !== vendor)
      faults.push(
        `connections.${id}: is a connection to ${connection.vendor} here, to ${vendor} in the file`,
      );
    else faults.push(...(await mappingFaults(id, vendor, mapping, checkFit)));
  }
  if (bundle.recordRules !== undefined && app.config.recordRulesFile)
    faults.push(
      `recordRules: the file ${app.config.recordRulesFile} (TRIBUTARY_RECORD_RULES_FILE) decides here: change it there, or unset the variable`,
    );
  const plan = bundle.plan === undefined ? undefined : readPublishable(bundle.plan);
  if (plan && 'faults' in plan)
    faults.push(...plan.faults.map(({ pointer, message }) => `plan${pointer}: ${message}`));
  return faults;
}

async function mappingFaults(
  id: string,
  vendor: string,
  mapping: Record<string, unknown>,
  checkFit: CheckFit,
): Promise<readonly string[]> {
  const at = `connections.${id}.mapping`;
  try {
    const loaded = parseMapping(stringify(mapping), at, vendor);
    return (await checkFit(id, loaded)).map((fault) => `${at}: ${fault}`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Puts the differing parts into force. The plan first: it is the one that may still be refused. */
export async function applyConfiguration(
  app: Application,
  bundle: Bundle,
  change: ConfigurationChange,
  by: string,
): Promise<void> {
  const appliedAt = app.clock.now();
  if (change.plan && bundle.plan !== undefined) await publish(app, bundle.plan, by);
  await app.db.transaction(async (tx) => {
    for (const id of change.mappings) {
      const content = stringify(bundle.connections[id]?.mapping, { lineWidth: 0 });
      await putIntoForce(tx, { connectionId: id, content, by, at: appliedAt });
    }
    if (change.recordRules) {
      const content = stringify(bundle.recordRules);
      await storeDocument(tx, {
        kind: 'record-rules',
        connectionId: null,
        content,
        appliedBy: by,
        appliedAt,
      });
    }
  });
}

async function publish(app: Application, source: string, by: string): Promise<void> {
  const read = readPublishable(source);
  if ('faults' in read) throw new Error('the plan was checked before');
  await publishPlan(app.db, app.clock, { ...read, source, publishedBy: by });
}
