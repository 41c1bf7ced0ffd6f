import type { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import { check, type Request, type SalesforceClient } from './client.ts';
import { refusedCall, unreadable, type Purpose } from './errors.ts';
import { CompositeAnswer, QueryPage } from './schema.ts';
import { encodeQuery } from './soql.ts';
import { DATA_PATH } from './versions.ts';

export interface Query extends Purpose {
  soql: string;
  /** Rows in the recycle bin as well. */
  deleted?: boolean;
}

export interface Queries extends Purpose {
  soql: readonly string[];
  /** Rows in the recycle bin as well. */
  deleted?: boolean;
}

/** A composite request takes at most five queries (facts 1.3). */
const QUERIES_PER_COMPOSITE = 5;

/** All rows of a query, over all its pages. */
export async function query<T extends z.ZodType>(
  client: SalesforceClient,
  row: T,
  wanted: Query,
  options: CallOptions,
): Promise<z.infer<T>[]> {
  return pages(client, row, queryPath(wanted.soql, wanted.deleted), wanted, options);
}

/** The rows of several queries together, in as few requests as the composite resource allows. */
export async function queries<T extends z.ZodType>(
  client: SalesforceClient,
  row: T,
  { soql, deleted = false, ...purpose }: Queries,
  options: CallOptions,
): Promise<z.infer<T>[]> {
  const [only] = soql;
  if (soql.length === 1 && only !== undefined)
    return query(client, row, { ...purpose, soql: only, deleted }, options);
  const rows: z.infer<T>[] = [];
  for (let start = 0; start < soql.length; start += QUERIES_PER_COMPOSITE) {
    const part = soql.slice(start, start + QUERIES_PER_COMPOSITE);
    for (const page of await firstPages(client, part, deleted, purpose, options)) {
      rows.push(...page.records.map((record) => check(row, record, purpose)));
      rows.push(...(await pages(client, row, nextPath(page), purpose, options)));
    }
  }
  return rows;
}

type Page = z.infer<typeof QueryPage>;

async function firstPages(
  client: SalesforceClient,
  soql: readonly string[],
  deleted: boolean,
  purpose: Purpose,
  options: CallOptions,
): Promise<Page[]> {
  const compositeRequest = soql.map((text, index) => ({
    method: 'GET',
    url: queryPath(text, deleted),
    referenceId: `query${index}`,
  }));
  const json = { allOrNone: false, compositeRequest };
  const request: Request = { ...purpose, method: 'POST', path: `${DATA_PATH}/composite`, json };
  const { compositeResponse } = await client.read(CompositeAnswer, request, options);
  if (compositeResponse.length !== soql.length) throw unreadable(purpose, 'not one answer per query');
  return compositeResponse.map(({ httpStatusCode: status, body }) => {
    if (status !== 200) throw refusedCall({ status, headers: {}, body }, purpose);
    return check(QueryPage, body, purpose);
  });
}

async function pages<T extends z.ZodType>(
  client: SalesforceClient,
  row: T,
  first: string | undefined,
  purpose: Purpose,
  options: CallOptions,
): Promise<z.infer<T>[]> {
  const rows: z.infer<T>[] = [];
  let path = first;
  while (path !== undefined) {
    const { stage, write } = purpose;
    const page: Page = await client.read(QueryPage, { stage, write, method: 'GET', path }, options);
    rows.push(...page.records.map((record) => check(row, record, purpose)));
    path = nextPath(page);
  }
  return rows;
}

function queryPath(soql: string, deleted = false): string {
  return `${DATA_PATH}/${deleted ? 'queryAll' : 'query'}?q=${encodeQuery(soql)}`;
}

function nextPath(page: Page): string | undefined {
  return page.done ? undefined : (page.nextRecordsUrl ?? undefined);
}
