import { z } from 'zod';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { SalesforceClient } from '../client.ts';
import { encodeQuery, soqlCount } from '../soql.ts';
import { DATA_PATH } from '../versions.ts';

/** How many records carry a value in a field; null when it cannot be asked. */
export type RecordCounter = (object: string, field: string, isCheckbox: boolean) => Promise<number | null>;

const Count = z.object({ totalSize: z.number().int() });

/** Counts as the run-time user: an administrator without the permission set does not see the fields. */
export function recordCounter(client: SalesforceClient, options: () => CallOptions): RecordCounter {
  return async (object, field, isCheckbox) => {
    const text = soqlCount(object, isCheckbox ? { field, is: true } : { field, present: true });
    const path = `${DATA_PATH}/query?q=${encodeQuery(text)}`;
    try {
      const purpose = { stage: 'provision', write: false, method: 'GET', path } as const;
      return (await client.read(Count, purpose, options())).totalSize;
    } catch (error) {
      if (error instanceof SyncError) return null;
      throw error;
    }
  };
}

export async function countRecords(count: RecordCounter, name: string, type: string): Promise<string> {
  const [object = '', field = ''] = name.split('.');
  // Salesforce does not filter by long texts.
  const records = type === 'LongTextArea' ? null : await count(object, field, type === 'Checkbox');
  if (records === null) return 'with all its values; how many records carry one could not be counted';
  if (records === 0) return 'no record carries a value';
  return records === 1 ? 'with the value of one record' : `with the values of ${records} records`;
}
