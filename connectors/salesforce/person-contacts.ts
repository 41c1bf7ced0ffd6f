import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import type { VisibleFields } from './reference-facts.ts';
import { fullId } from './record-id.ts';
import { soql, splitBySize, valueSize } from './soql.ts';

const Row = z.object({ Id: z.string(), PersonContactId: z.string().nullish() });

/**
 * The contacts behind those of these accounts that are persons: no other contact can belong to one. Asks nothing of an org
 * without person accounts. Source: facts 1.9.
 */
export async function personContacts(
  client: SalesforceClient,
  object: string,
  accountIds: readonly string[],
  visible: VisibleFields,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  if (accountIds.length === 0 || !visible.has('PersonContactId')) return new Map();
  const texts = splitBySize([...new Set(accountIds)], valueSize).map((oneOf) =>
    soql({
      from: object,
      fields: ['Id', 'PersonContactId'],
      where: [
        { field: 'Id', oneOf },
        { field: 'IsPersonAccount', is: true },
      ],
    }),
  );
  const rows = await queries(client, Row, { stage: 'resolve', write: false, soql: texts }, options);
  return new Map(
    rows.flatMap(({ Id, PersonContactId }) =>
      PersonContactId ? [[fullId(Id), fullId(PersonContactId)]] : [],
    ),
  );
}
