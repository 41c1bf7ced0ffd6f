import { runSoql } from '../../soql/run-query.ts';
import type { Org } from '../../store/org.ts';
import type { Row } from '../../store/row.ts';
import type { Change } from '../../store/transaction.ts';
import type { StreamingLog } from './streaming-log.ts';

const EVENTS = {
  create: { type: 'created', flag: 'NotifyForOperationCreate' },
  update: { type: 'updated', flag: 'NotifyForOperationUpdate' },
  delete: { type: 'deleted', flag: 'NotifyForOperationDelete' },
  undelete: { type: 'undeleted', flag: 'NotifyForOperationUndelete' },
} as const;

/** Tells each active PushTopic of every commit from now on that its query finds. */
export function followPushTopics(org: Org, log: StreamingLog): void {
  org.onCommit((changes) => {
    if (org.preset.schema.object('PushTopic') === undefined) return;
    const table = org.table('PushTopic');
    if (table.liveCount() === 0) return;
    for (const id of table.ids) {
      const topic = table.get(id);
      if (topic !== undefined && topic['IsDeleted'] !== true && topic['IsActive'] !== false)
        tell(org, log, topic, changes);
    }
  });
}

function tell(org: Org, log: StreamingLog, topic: Row, changes: readonly Change[]): void {
  const soql = String(topic['Query']);
  const objectName = /\bFROM\s+(\w+)/i.exec(soql)?.[1]?.toLowerCase();
  for (const op of ['create', 'update', 'delete', 'undelete'] as const) {
    const { type, flag } = EVENTS[op];
    if (topic[flag] !== true) continue;
    const ids = changes
      .filter((change) => change.op === op && change.type.name.toLowerCase() === objectName)
      .filter((change) => op !== 'update' || isOfInterest(topic, soql, change))
      .map((change) => change.id);
    for (const record of ids.length === 0 ? [] : found(org, topic, soql, [...new Set(ids)])) {
      log.publish(`/topic/${String(topic['Name'])}`, { type }, { sobject: record });
    }
  }
}

/** An update is told when a field counts that changed: any, those of the query, of its SELECT or of its WHERE. */
function isOfInterest(topic: Row, soql: string, change: Change): boolean {
  const [select = '', where = ''] = soql.split(/\bWHERE\b/i);
  const parts: Record<string, string> = { Select: select, Where: where };
  const setting = String(topic['NotifyForFields'] ?? 'Referenced');
  if (setting === 'All') return true;
  const named = new Set((parts[setting] ?? soql).toLowerCase().match(/\w+/g) ?? []);
  return Object.keys(change.values).some((name) => named.has(name.toLowerCase()));
}

/** The changed records that the query finds, as it selects them. */
function found(org: Org, topic: Row, soql: string, ids: readonly string[]): object[] {
  const list = `Id IN (${ids.map((id) => `'${id}'`).join(',')})`;
  const [, head = soql, where] = /^(.*?)\bWHERE\b(.*)$/is.exec(soql) ?? [];
  const narrowed = where === undefined ? `${head} WHERE ${list}` : `${head} WHERE (${where}) AND ${list}`;
  const version = Number(topic['ApiVersion'] ?? 62).toFixed(1);
  const { rows, project } = runSoql(org, narrowed, { version, includeDeleted: true });
  return rows.map((row) =>
    Object.fromEntries(Object.entries(project(row)).filter(([name]) => name !== 'attributes')),
  );
}
