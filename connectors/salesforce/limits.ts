import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { CrmLimits } from '../../src/crm/usage.ts';
import type { SalesforceClient } from './client.ts';
import { refusedLimits } from './errors.ts';
import { DATA_PATH } from './versions.ts';

const Limit = z
  .object({ Max: z.number(), Remaining: z.number() })
  .transform(({ Max, Remaining }) => ({ max: Max, remaining: Remaining }))
  .optional();

/** Which limits an org lists depends on its edition and licences. */
const Limits = z.object({
  DailyApiRequests: Limit,
  DailyBulkApiBatches: Limit,
  DailyDeliveredPlatformEvents: Limit,
  DataStorageMB: Limit,
  FileStorageMB: Limit,
});

/**
 * `GET /limits` (facts 1.3), one call. Bulk API 2.0 has no allowance of its own for writing: its jobs count as
 * `DailyBulkApiBatches`. Rejects with `invalid-record` where the user lacks "View Setup and Configuration", which the
 * vendor's page on the resource demands.
 */
export async function readLimits(client: SalesforceClient, options: CallOptions): Promise<CrmLimits> {
  const request = { stage: 'describe', write: false, method: 'GET', path: `${DATA_PATH}/limits` } as const;
  const said = await client.read(Limits, request, options).catch((thrown: unknown) => {
    throw refusedLimits(thrown, request);
  });
  if (said.DailyApiRequests) client.usage.learn(said.DailyApiRequests);
  return {
    ...(said.DailyApiRequests && { calls: said.DailyApiRequests }),
    ...(said.DailyBulkApiBatches && { bulkBatches: said.DailyBulkApiBatches }),
    ...(said.DailyDeliveredPlatformEvents && { events: said.DailyDeliveredPlatformEvents }),
    ...(said.DataStorageMB && { dataMb: said.DataStorageMB }),
    ...(said.FileStorageMB && { fileMb: said.FileStorageMB }),
  };
}
