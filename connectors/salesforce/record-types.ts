import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { RecordTypeValues } from '../../src/crm/record-types.ts';
import type { SalesforceClient } from './client.ts';
import { apiName } from './soql.ts';
import { DATA_PATH } from './versions.ts';

const PicklistValues = z.object({
  picklistFieldValues: z.record(z.string(), z.object({ values: z.array(z.object({ value: z.string() })) })),
});

/**
 * The picklist values that records of one type may take. Describe lists the values of all types together; which of them a
 * type offers is told by the User Interface API (its resource object-info/{object}/picklist-values/{recordTypeId}).
 */
export async function recordTypeValues(
  client: SalesforceClient,
  object: string,
  recordTypeId: string,
  options: CallOptions,
): Promise<RecordTypeValues> {
  const path = `${DATA_PATH}/ui-api/object-info/${apiName(object)}/picklist-values/${encodeURIComponent(recordTypeId)}`;
  const request = { stage: 'describe', write: false, method: 'GET', path } as const;
  const { picklistFieldValues } = await client.read(PicklistValues, request, options);
  return new Map(
    Object.entries(picklistFieldValues).map(([field, { values }]) => [
      field,
      values.map(({ value }) => value),
    ]),
  );
}
