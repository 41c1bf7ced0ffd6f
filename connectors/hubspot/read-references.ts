import type { CallOptions } from '../../src/crm/connector.ts';
import type { ReferenceReading, ReferenceState } from '../../src/crm/matching.ts';
import type { Caller } from './call.ts';
import { factProperties, toFound } from './match.ts';
import { assign, readBatch } from './read-batch.ts';

/**
 * What became of companies and contacts. HubSpot answers a merged id with the record that it became (facts: Merge/archive),
 * however often that was merged since; an archived one is not among the live records.
 */
export async function readReferences(
  call: Caller,
  request: ReferenceReading,
  options: CallOptions,
): Promise<ReferenceState[]> {
  const { object, crmIds } = request;
  // One id that cannot be one would refuse the whole batch: what a person typed is not there, that is all.
  const ids = [...new Set(crmIds.filter((id) => /^\d+$/.test(id)))];
  if (ids.length === 0) return crmIds.map((crmId) => ({ crmId, is: 'gone' }));
  const site = { stage: 'resolve', write: false } as const;
  const { records } = await readBatch(call, { object, ids, fields: factProperties(request), site }, options);
  const found = assign(ids, records);
  return crmIds.map((crmId) => {
    const record = found.get(crmId);
    if (record === undefined) return { crmId, is: 'gone' };
    return { crmId, is: record.id === crmId ? 'alive' : 'merged', record: toFound(record, request) };
  });
}
