import type { CallOptions } from '../../src/crm/connector.ts';
import type { FoundRecord, MatchRequest, MatchWanted } from '../../src/crm/matching.ts';
import { misuse } from './errors.ts';
import { capabilities } from './capabilities.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { factFields, FactRow, toFound, type VisibleFields } from './reference-facts.ts';
import { isComparable, soql, splitBySize, valueSize } from './soql.ts';

const purpose = { stage: 'resolve', write: false } as const;

/**
 * Finds records that could be the ones wanted, with their raw facts; what they are worth is judged by the engine. Each
 * query asks one field for equality with many values, so that the org's indexes serve it. Deleted records do not appear
 * in queries.
 * Why not otherwise: `LIKE '%acme.com%'` makes the org read every account, and SOSL takes one short search text a call,
 * answers from an index that lags behind and cuts off at 2,000 rows.
 * @param visible the fields of the object that the integration user may read
 */
export async function findMatches(
  client: SalesforceClient,
  request: MatchRequest,
  visible: VisibleFields,
  options: CallOptions,
): Promise<readonly FoundRecord[]> {
  const { object, wanted } = request;
  if (wanted.length > capabilities.matchBatch) throw misuse(purpose, `${wanted.length} wanted in one call`);
  const fields = factFields(request, visible);
  const texts = questionsOf(request)
    .filter(({ field }) => visible.has(field))
    .flatMap(({ field, values }) => {
      const asked = [...new Set(wanted.flatMap(values).filter(isComparable))];
      return splitBySize(asked, valueSize).map((oneOf) =>
        soql({ from: object, fields, where: [{ field, oneOf }] }),
      );
    });
  const rows = await queries(client, FactRow, { ...purpose, soql: texts }, options);
  const byId = new Map(rows.map((row) => [row.Id, row]));
  return [...byId.values()].map((row) => toFound(row, request));
}

interface Question {
  field: string;
  values(wanted: MatchWanted): (string | undefined)[];
}

function questionsOf({ kind, keyField, wanted }: MatchRequest): Question[] {
  const byKey: Question = { field: keyField, values: ({ key }) => [key] };
  if (kind === 'contact') return [byKey, { field: 'Email', values: ({ email }) => [email] }];
  const idFields = new Set(wanted.flatMap(({ ids = {} }) => Object.keys(ids)));
  return [
    byKey,
    { field: 'Name', values: ({ name, spellings }) => [...(spellings ?? [name])] },
    { field: 'Website', values: ({ domain }) => (domain === undefined ? [] : websitesOf(domain)) },
    { field: 'PersonEmail', values: ({ email }) => [email] },
    ...[...idFields].map((field): Question => ({ field, values: ({ ids = {} }) => [ids[field]] })),
  ];
}

/** How a domain is written into the Website field. A website with a longer path is found through the name. */
export function websitesOf(domain: string): string[] {
  return [domain, `www.${domain}`].flatMap((host) => [
    host,
    `http://${host}`,
    `https://${host}`,
    `http://${host}/`,
    `https://${host}/`,
  ]);
}
