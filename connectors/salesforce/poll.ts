import type { CallOptions, ChangeHint, PollPage, PollWindow } from '../../src/crm/connector.ts';
import type { z } from 'zod';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { unreadable } from './errors.ts';
import { ChangedRow } from './schema.ts';
import { apiName, soql, type Condition } from './soql.ts';

/** Salesforce's largest query page (facts 1.3), so that one page of ours is one call. */
const PAGE = 2000;
const purpose = { stage: 'poll', write: false } as const;

/** Our records that changed in the window, deletions included (queryAll sees the recycle bin), by record id. */
export async function poll(
  client: SalesforceClient,
  object: string,
  keyField: string,
  window: PollWindow,
  options: CallOptions,
): Promise<PollPage> {
  const where: Condition[] = [
    { field: 'SystemModstamp', comparison: '>=', to: window.from },
    { field: 'SystemModstamp', comparison: '<', to: window.to },
    { field: apiName(keyField), present: true },
    ...(window.after === undefined ? [] : [{ field: 'Id', comparison: '>' as const, to: window.after }]),
  ];
  const fields = ['Id', 'IsDeleted', 'CreatedDate', 'SystemModstamp'];
  const text = soql({ from: object, fields, where, orderBy: ['Id'], limit: PAGE });
  const rows = await query(client, ChangedRow, { ...purpose, soql: text, deleted: true }, options);
  const last = rows.length === PAGE ? rows.at(-1)?.Id : undefined;
  const hints = rows.map((row) => toHint(row, window));
  return last === undefined ? { hints } : { hints, next: last };
}

function toHint(row: z.infer<typeof ChangedRow>, window: PollWindow): ChangeHint {
  const created =
    row.CreatedDate >= window.from && row.CreatedDate.getTime() === row.SystemModstamp.getTime();
  const change = row.IsDeleted ? 'deleted' : created ? 'created' : 'updated';
  return { crmId: row.Id, change, fields: [], ours: false, modifiedAt: row.SystemModstamp };
}

/** The vendor's clock, from the Date header of the cheapest answer there is: the list of API versions. */
export async function vendorNow(client: SalesforceClient, options: CallOptions): Promise<Date> {
  const answer = await client.send({ ...purpose, method: 'GET', path: '/services/data' }, options);
  const now = new Date(answer.headers['date'] ?? Number.NaN);
  if (Number.isNaN(now.getTime())) throw unreadable(purpose, 'an answer without a date');
  return now;
}
