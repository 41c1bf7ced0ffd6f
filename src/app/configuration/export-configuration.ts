import { parse, stringify } from 'yaml';
import { loadPlans, planAt } from '../../commissions/published-plans.ts';
import { loadRecordRules, type RecordRules } from '../choose-record.ts';
import { listConnections } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import type { Bundle } from './bundle.ts';
import { mappingTextOf } from './choose-mapping.ts';
import { appliedRecordRules } from './applied-record-rules.ts';

/** What is in force here, as a file to apply elsewhere. */
export async function exportConfiguration(app: Application): Promise<Bundle> {
  const connections: Bundle['connections'] = {};
  for (const connection of await listConnections(app.db)) {
    const { text } = await mappingTextOf(app.db, connection, app.config.mappingDir);
    connections[connection.id] = {
      vendor: connection.vendor,
      exportedFrom: `${connection.label}, ${connection.pinnedAccountId ?? 'not pinned'}`,
      mapping: parse(text) as Record<string, unknown>,
    };
  }
  const recordRules = await recordRulesInForce(app);
  const plan = await planInForce(app);
  return {
    tributary: 'configuration',
    format: 1,
    exportedAt: app.clock.now().toISOString(),
    connections,
    ...(recordRules === undefined ? {} : { recordRules }),
    ...(plan === undefined ? {} : { plan }),
  };
}

/** Keys in a fixed order and no line breaks within values, so that two exports can be compared line by line. */
export function renderBundle(bundle: Bundle): string {
  return stringify(bundle, { lineWidth: 0, aliasDuplicateObjects: false });
}

async function recordRulesInForce(app: Application): Promise<RecordRules | undefined> {
  if (app.config.recordRulesFile) return loadRecordRules(app.config.recordRulesFile);
  return (await appliedRecordRules(app.db)) ?? undefined;
}

async function planInForce(app: Application): Promise<string | undefined> {
  const current = planAt(await loadPlans(app.db), app.clock.now());
  if (current === undefined) return undefined;
  const rows = await app.db.query<{ source: string }>('SELECT source FROM plans WHERE id = $1', [current.id]);
  return rows[0]?.source;
}
