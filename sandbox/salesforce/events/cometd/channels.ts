import type { Org } from '../../store/org.ts';
import type { DeliverySource } from '../deliveries.ts';
import type { Topics } from '../topics.ts';
import { changeChannel, streamingChannel, type Channel } from './feed.ts';
import type { StreamingLog } from './streaming-log.ts';

/** What the channels of an org come from. */
export interface ChannelOrg extends DeliverySource {
  readonly org: Org;
}

/** Finds a channel by its name: change events, an active PushTopic (`/topic/NAME`), or a generic channel (`/u/NAME`). */
export function findChannel(
  sandbox: ChannelOrg,
  topics: Topics,
  log: StreamingLog,
  name: string,
): Channel | undefined {
  if (name.startsWith('/data/')) {
    const topic = topics.find(name);
    return topic === undefined ? undefined : changeChannel(sandbox, topics, topic);
  }
  const exists = name.startsWith('/topic/')
    ? hasRow(sandbox, 'PushTopic', name.slice('/topic/'.length))
    : name.startsWith('/u/') && hasRow(sandbox, 'StreamingChannel', name);
  return exists ? streamingChannel(log, name) : undefined;
}

function hasRow(sandbox: ChannelOrg, objectName: string, name: string): boolean {
  if (sandbox.org.preset.schema.object(objectName) === undefined) return false;
  const table = sandbox.org.table(objectName);
  for (const id of table.lookup('Name', name) ?? table.ids) {
    const row = table.get(id);
    if (row?.['Name'] === name && row['IsDeleted'] !== true && row['IsActive'] !== false) return true;
  }
  return false;
}
