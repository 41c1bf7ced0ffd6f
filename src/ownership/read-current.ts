import type { CallOptions } from '../crm/connector.ts';
import type { CurrentRecord } from '../crm/read-records.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';

/** What records hold now, for at most `capabilities.readBatch` of them; deals also where the CRM's connector reads nothing else. */
export async function readCurrent(
  { connector, mapping, vendor }: WiredConnection,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<readonly CurrentRecord[]> {
  if (connector.readRecords) return connector.readRecords(object, crmIds, fields, options);
  if (object === mapping.deal.object) return connector.readDeals(object, crmIds, fields, options);
  throw new SyncError({
    kind: 'invalid-record',
    stage: 'read',
    vendor,
    plain: `records of ${object} cannot be read one by one here, so nothing is written over them`,
    nextStep: 'Change the field in the CRM, then decline the proposal.',
  });
}
