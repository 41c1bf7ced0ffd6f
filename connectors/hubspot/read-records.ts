import type { CallOptions } from '../../src/crm/connector.ts';
import type { CurrentRecord } from '../../src/crm/read-records.ts';
import { propertiesOf, readCompanies, type Companies } from './company-fields.ts';
import { assign, modifiedAt, readBatch } from './read-batch.ts';

const READ = { stage: 'read', write: false } as const;

/** Records of any object as they are now, in one call. What is archived, and an id that HubSpot never knew, is deleted. */
export async function readRecords(
  companies: Companies,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<CurrentRecord[]> {
  const ids = [...new Set(crmIds)];
  if (ids.length === 0) return [];
  const properties = propertiesOf(fields);
  const live = await readBatch(companies.call, { object, ids, fields: properties }, options);
  const found = assign(ids, live.records);
  const there = { ids: live.records.map(({ id }) => id), fields };
  const companiesOf = await readCompanies(companies, READ, there, options);
  return crmIds.map((asked) => {
    const record = found.get(asked);
    if (record === undefined) return { crmId: asked, deleted: true, modifiedAt: live.answeredAt, fields: {} };
    return {
      // The caller's id: what was written to it is compared with what this record holds now.
      crmId: asked,
      deleted: false,
      modifiedAt: modifiedAt(record),
      fields: {
        ...Object.fromEntries(properties.map((name) => [name, record.properties[name] ?? null])),
        ...companiesOf(record.id),
      },
    };
  });
}
