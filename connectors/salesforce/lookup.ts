import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { apiName, isComparable, soql, splitBySize, valueSize } from './soql.ts';

const purpose = { stage: 'lookup', write: false } as const;
const Row = z.looseObject({ Id: z.string() });

/** key → record id, by SOQL on the unique external-id field: a read of the committed rows, not of a search index. */
export async function lookupByKey(
  client: SalesforceClient,
  object: string,
  keyField: string,
  keys: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const askable = [...new Set(keys.filter(isComparable))];
  for (const part of splitBySize(askable, valueSize)) {
    const text = soql({
      from: object,
      fields: ['Id', apiName(keyField)],
      where: [{ field: keyField, oneOf: part }],
    });
    for (const row of await query(client, Row, { ...purpose, soql: text }, options)) {
      const key = row[keyField];
      if (typeof key === 'string') found.set(key, row.Id);
    }
  }
  return found;
}
