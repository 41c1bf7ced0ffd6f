import type { CallOptions } from '../../src/crm/connector.ts';
import type { CurrentRecord } from '../../src/crm/read-records.ts';
import type { Caller } from './call.ts';
import { assign, modifiedAt, readBatch } from './read-batch.ts';

/** Records of any object as they are now, in one call. What is archived, and an id that HubSpot never knew, is deleted. */
export async function readRecords(
  call: Caller,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<CurrentRecord[]> {
  const ids = [...new Set(crmIds)];
  if (ids.length === 0) return [];
  const live = await readBatch(call, { object, ids, fields }, options);
  const found = assign(ids, live.records);
  return crmIds.map((asked) => {
    const record = found.get(asked);
    if (record === undefined) return { crmId: asked, deleted: true, modifiedAt: live.answeredAt, fields: {} };
    return {
      // The caller's id: what was written to it is compared with what this record holds now.
      crmId: asked,
      deleted: false,
      modifiedAt: modifiedAt(record),
      fields: Object.fromEntries(fields.map((name) => [name, record.properties[name] ?? null])),
    };
  });
}
