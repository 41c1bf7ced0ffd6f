import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { Removal, RemovalState } from '../../src/crm/removal.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { SalesforceClient } from './client.ts';
import { refusedItem } from './errors.ts';
import { readRecords } from './pull.ts';
import { sameId } from './record-id.ts';
import { apiName } from './soql.ts';
import { DATA_PATH } from './versions.ts';
import { deleteRecords, linking } from './write-records.ts';

const always = ['CreatedById', 'LastModifiedById', 'LastActivityDate'];
/** What says that a record of the object is done with. */
const ended: Readonly<Record<string, string>> = { Opportunity: 'IsClosed', Lead: 'IsConverted' };

/**
 * Taking records that we made away again. Salesforce keeps them in the recycle bin for 15 days. The user that the mirror
 * runs as must have made the record and changed it last, and nobody may have logged anything on it.
 */
export function removalOf(client: SalesforceClient): Removal {
  return {
    inspect: (object, crmIds, options) => inspect(client, object, crmIds, options),
    remove: async (crmIds, options) => {
      const results = crmIds.length === 0 ? [] : await deleteRecords(client, crmIds, options);
      return crmIds.map((crmId, index) => {
        const result = results[index];
        if (result instanceof SyncError) return { crmId, status: 'failed', error: result };
        if (result?.success) return { crmId, status: 'removed' };
        const error = refusedItem(result?.errors ?? [], linking, true);
        return error.kind === 'not-found' ? { crmId, status: 'removed' } : { crmId, status: 'failed', error };
      });
    },
  };
}

async function inspect(
  client: SalesforceClient,
  object: string,
  crmIds: readonly string[],
  options: CallOptions,
): Promise<RemovalState[]> {
  const end = ended[object];
  const fields = end === undefined ? always : [...always, end];
  const isGranted = await mayDelete(client, object, options);
  const records = await readRecords(client, object, crmIds, fields, options);
  const { userId } = await client.sessions.current({ stage: 'read', write: false }, options);
  return records.map(({ crmId, fields: held }) => {
    const isOurs = (field: string): boolean => sameId(String(held[field])) === sameId(userId);
    const refused = !isOurs('CreatedById')
      ? 'somebody else made it'
      : !isOurs('LastModifiedById')
        ? 'somebody changed it since'
        : (held['LastActivityDate'] ?? null) !== null
          ? 'somebody logged an activity on it'
          : end !== undefined && held[end] === true
            ? `${end} is set: it is done with`
            : isGranted
              ? null
              : `the integration user may not delete it: grant it Delete on ${object} for this errand, or delete the record by hand`;
    return { crmId, refused };
  });
}

/** What provisioning grants is for writing: nothing there needs to delete. */
async function mayDelete(client: SalesforceClient, object: string, options: CallOptions): Promise<boolean> {
  const path = `${DATA_PATH}/sobjects/${apiName(object)}/describe`;
  const purpose = { stage: 'describe', write: false, method: 'GET', path } as const;
  return (await client.read(z.object({ deletable: z.boolean() }), purpose, options)).deletable;
}
