import { SyncError } from '../../../src/crm/sync-error.ts';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { Caller } from '../call.ts';
import { SearchAnswer } from '../schema.ts';
import { searchPath } from '../versions.ts';

/** How many records carry a value in a property, in words. By search: its index may be some seconds behind. */
export async function countRecords(
  call: Caller,
  object: string,
  propertyName: string,
  options: CallOptions,
): Promise<string> {
  const records = await count(call, object, propertyName, options);
  if (records === null) return 'with all its values; how many records carry one could not be counted';
  if (records === 0) return 'no record carries a value';
  return records === 1 ? 'with the value of one record' : `with the values of ${records} records`;
}

async function count(
  call: Caller,
  object: string,
  propertyName: string,
  options: CallOptions,
): Promise<number | null> {
  const filters = [{ propertyName, operator: 'HAS_PROPERTY' }];
  const body = { filterGroups: [{ filters }], properties: [propertyName], limit: 1 };
  try {
    const site = { stage: 'provision', write: false } as const;
    const asked = { method: 'POST', path: searchPath(object), body } as const;
    return (await call(site, asked, SearchAnswer, options)).data.total ?? null;
  } catch (error) {
    if (error instanceof SyncError) return null;
    throw error;
  }
}
