/**
 * Every row of the facts' error table (1.4), provoked the natural way where there is one and by a named fault otherwise:
 * status, shape, code and words of a single request and of an item of a collection, and what our own connector makes of it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refusedCall, refusedItem } from '../../connectors/salesforce/errors.ts';
import { VendorProblem } from '../../connectors/salesforce/schema.ts';
import type { SyncErrorKind } from '../../src/crm/sync-error.ts';
import { deal, openOrg, type OpenOrg, type RawAnswer } from '../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let ids: Record<'account' | 'deleted' | 'lead' | 'stranger' | 'opportunity', string>;
const printed: string[] = [];

const DATA = '/services/data/v62.0';
const write = { stage: 'push', write: true } as const;
const read = { stage: 'read', write: false } as const;

/** What the facts want done, as our connector says it. */
const ACTIONS: Record<string, SyncErrorKind> = {
  'refresh once, retry': 'auth-expired',
  pause: 'quota-exhausted',
  'back off seconds': 'rate-limited',
  'back off': 'unavailable',
  'retry that record': 'unavailable',
  'look it up: nobody knows whether it was written': 'ambiguous',
  'narrow, retry': 'unavailable',
  'no retry, link': 'conflict',
  'switch to update': 'duplicate',
  permanent: 'invalid-record',
  'permanent, tell admin': 'invalid-record',
  'permanent, tell admin: nothing goes through': 'auth-expired',
  'permanent, ours': 'bug',
  tombstone: 'not-found',
};

/** A record the org refuses: created, or changed or deleted when it has an id. */
interface Bad {
  method: 'POST' | 'PATCH' | 'DELETE';
  type: string;
  id?: string;
  fields?: Record<string, unknown>;
}

interface Row {
  code: string;
  /** How it is provoked, for people. */
  how: string;
  http: number;
  message: RegExp;
  action: keyof typeof ACTIONS;
  /** Members of the single request's error, when they are others than those of a refused record. */
  keys?: string[];
  /** When a whole request is not what a record in a collection is. */
  wholeAction?: keyof typeof ACTIONS;
  settings?: Record<string, unknown>;
  /** Provokes it with one bad record, alone and among good ones. */
  bad?: () => Bad;
  /** Provokes it with a whole request. */
  call?: () => Promise<RawAnswer>;
  reads?: boolean;
  /** By `POST /faults/preset/CODE`. */
  injected?: boolean;
}

beforeAll(async () => {
  org = await openOrg({ settings: {} });
  const [account, deleted] = await seed('Account', { Name: 'Kept' }, { Name: 'Gone', IsDeleted: true });
  const [lead] = await seed('Lead', {
    LastName: 'Converted',
    Company: 'Kept',
    Status: 'Open - Not Contacted',
  });
  const [stranger] = await seed('User', {
    Username: 'stranger@example.com',
    LastName: 'Stranger',
    IsActive: true,
  });
  const [opportunity] = await seed('Opportunity', {
    ...deal('strange'),
    Name: 'Somebody’s',
    OwnerId: stranger,
  });
  ids = { account, deleted, lead, stranger, opportunity } as typeof ids;
  await org.admin('POST', '/convert-lead', { leadId: lead, convertedStatus: 'Closed - Converted' });
});
afterAll(async () => {
  process.stderr.write(`${['code | how | http | action', ...printed].join('\n')}\n`);
  await org.close();
});

async function seed(object: string, ...records: Record<string, unknown>[]): Promise<(string | undefined)[]> {
  const answer = await org.admin('POST', '/seed', { object, records });
  if (answer['ids'] === undefined) throw new Error(JSON.stringify(answer));
  return answer['ids'] as string[];
}

const created =
  (fields: Record<string, unknown>, type = 'Account') =>
  (): Bad => ({
    method: 'POST',
    type,
    fields: { ...(type === 'Account' ? { Name: 'Any' } : {}), ...fields },
  });
const query = (soql: string): Promise<RawAnswer> =>
  org.raw('GET', `${DATA}/query?q=${encodeURIComponent(soql)}`);
const post = (body: unknown): Promise<RawAnswer> => org.raw('POST', `${DATA}/sobjects/Account`, { body });
const fault = (rule: object): Promise<unknown> => org.admin('POST', '/faults', { rules: [rule] });
const TABLE: Row[] = [
  {
    code: 'INVALID_SESSION_ID',
    how: 'a token nobody issued',
    http: 401,
    message: /^Session expired or invalid$/,
    action: 'refresh once, retry',
    call: () => org.raw('GET', `${DATA}/limits`, { headers: { authorization: 'Bearer 00D!nobody' } }),
  },
  {
    code: 'REQUEST_LIMIT_EXCEEDED',
    how: 'the allowance of 24 hours used up (POST /limits)',
    http: 403,
    message: /^TotalRequests Limit exceeded\.$/,
    action: 'pause',
    call: () => withinLimits({ dailyApiRequests: 0 }, () => post({ Name: 'One too many' })),
  },
  {
    code: 'REQUEST_LIMIT_EXCEEDED',
    how: '25 requests in flight for more than 20 seconds',
    http: 403,
    message: /^ConcurrentPerOrgLongTxn Limit exceeded\.$/,
    action: 'back off seconds',
    call: oneBesideLongRequests,
  },
  ...[
    { code: 'SERVER_UNAVAILABLE', http: 503, message: /unavailable/ },
    { code: 'UNKNOWN_EXCEPTION', http: 500, message: /unexpected/ },
  ].map((row) => ({
    ...row,
    how: 'injected (a write)',
    action: 'look it up: nobody knows whether it was written',
    injected: true,
    call: () => post({ Name: 'Any' }),
  })),
  {
    code: 'SERVER_UNAVAILABLE',
    how: 'injected (a read)',
    http: 503,
    message: /unavailable/,
    action: 'back off',
    injected: true,
    reads: true,
    call: () => query('SELECT Id FROM Account'),
  },
  {
    code: 'UNABLE_TO_LOCK_ROW',
    how: 'two writes in flight on one account (lockHoldMs)',
    http: 400,
    message: /^unable to obtain exclusive access to this record or 1 records: 001/,
    action: 'retry that record',
    settings: { lockHoldMs: 400 },
    bad: () => ({ method: 'PATCH', type: 'Account', id: ids.account, fields: { Phone: '1' } }),
  },
  {
    code: 'QUERY_TIMEOUT',
    how: 'injected',
    http: 400,
    message: /running for too long/,
    action: 'narrow, retry',
    injected: true,
    reads: true,
    call: () => query('SELECT Id FROM Account'),
  },
  {
    code: 'DUPLICATES_DETECTED',
    how: 'a blocking duplicate rule (duplicateRules)',
    http: 400,
    message: /^Use one of these records\?$/,
    action: 'no retry, link',
    keys: ['duplicateResult', 'errorCode', 'message'],
    settings: {
      duplicateRules: [
        { name: 'Same_name', object: 'Account', action: 'block', fields: [{ field: 'Name', how: 'exact' }] },
      ],
    },
    bad: created({ Name: 'Kept' }),
  },
  {
    code: 'DUPLICATE_VALUE',
    how: 'a unique external id that another record has',
    http: 400,
    message: /^duplicate value found: Tributary_Account_Key__c duplicates value on record with id: 001/,
    action: 'switch to update',
    bad: created({ Tributary_Account_Key__c: 'taken' }),
  },
  {
    code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    how: 'a validation rule (validationRules)',
    http: 400,
    message: /^No phones here$/,
    action: 'permanent',
    settings: {
      validationRules: [
        {
          name: 'No_phones',
          object: 'Account',
          when: [{ field: 'Phone', op: 'not-blank' }],
          message: 'No phones here',
          field: 'Phone',
        },
      ],
    },
    bad: created({ Phone: '1' }),
  },
  {
    code: 'STRING_TOO_LONG',
    how: 'a name of 256 characters',
    http: 400,
    message: /data value too large: .*\(max length=255\)$/,
    action: 'permanent',
    bad: created({ Name: 'x'.repeat(256) }),
  },
  {
    code: 'REQUIRED_FIELD_MISSING',
    how: 'a record without its name',
    http: 400,
    message: /^Required fields are missing: \[Name\]$/,
    action: 'permanent',
    bad: created({ Name: null }),
  },
  {
    code: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    how: 'a currency the org does not have',
    http: 400,
    message: /bad value for restricted picklist field: ZZZ/,
    action: 'permanent',
    bad: created({ CurrencyIsoCode: 'ZZZ' }),
  },
  {
    code: 'INVALID_EMAIL_ADDRESS',
    how: 'an address without a host',
    http: 400,
    message: /invalid email address: nobody@$/,
    action: 'permanent',
    bad: created({ LastName: 'Nobody', Email: 'nobody@' }, 'Contact'),
  },
  {
    code: 'MALFORMED_ID',
    how: 'an owner that is no id',
    http: 400,
    message: /id value of incorrect type: INVALID_OWNER/,
    action: 'permanent',
    bad: created({ OwnerId: 'INVALID_OWNER' }),
  },
  {
    code: 'INVALID_FIELD',
    how: 'a column the object does not have',
    http: 400,
    message: /^No such column 'Fax_Machine__c' on sobject of type Account$/,
    action: 'permanent',
    bad: created({ Fax_Machine__c: '1' }),
  },
  {
    code: 'JSON_PARSER_ERROR',
    how: 'a body that is no JSON',
    http: 400,
    message: /./,
    action: 'permanent',
    call: () => org.raw('POST', `${DATA}/sobjects/Account`, { body: '{"Name": ' }),
  },
  {
    code: 'JSON_PARSER_ERROR',
    how: 'an object where a number belongs',
    http: 400,
    message: /^Cannot deserialize instance of/,
    action: 'permanent',
    bad: created({ NumberOfEmployees: 'many' }),
  },
  {
    code: 'MALFORMED_QUERY',
    how: 'SOQL without FROM',
    http: 400,
    message: /./,
    action: 'permanent, ours',
    reads: true,
    call: () => query('SELECT Id'),
  },
  {
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
    how: 'a record of another owner (orgWideDefaults: read)',
    http: 403,
    message: /^insufficient access rights on object id$/,
    action: 'permanent, tell admin',
    settings: { orgWideDefaults: { Opportunity: 'read' } },
    bad: () => ({ method: 'PATCH', type: 'Opportunity', id: ids.opportunity, fields: { Name: 'Mine' } }),
  },
  {
    code: 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    how: 'a lookup to a record the user cannot see (orgWideDefaults: private)',
    http: 403,
    message: /^insufficient access rights on cross-reference id/,
    action: 'permanent, tell admin',
    settings: { orgWideDefaults: { Account: 'private' } },
    bad: created({ LastName: 'Nobody', AccountId: 'account' }, 'Contact'),
  },
  {
    code: 'API_DISABLED_FOR_ORG',
    how: 'an org without the API (apiEnabled)',
    http: 403,
    message: /not enabled for this Organization/,
    action: 'permanent, tell admin: nothing goes through',
    settings: { apiEnabled: false },
    call: () => post({ Name: 'Any' }),
  },
  {
    code: 'INVALID_CROSS_REFERENCE_KEY',
    how: 'a lookup to a record that never was',
    http: 400,
    message: /^invalid cross reference id$/,
    action: 'permanent',
    bad: created({ LastName: 'Nobody', AccountId: '0015g00000ZZZZZAAA' }, 'Contact'),
  },
  {
    code: 'CANNOT_UPDATE_CONVERTED_LEAD',
    how: 'a change of a converted lead',
    http: 400,
    message: /^cannot reference converted lead$/,
    action: 'permanent',
    bad: () => ({ method: 'PATCH', type: 'Lead', id: ids.lead, fields: { Company: 'Other' } }),
  },
  {
    code: 'ENTITY_IS_DELETED',
    how: 'a change of a deleted record',
    http: 404,
    message: /^entity is deleted$/,
    action: 'tombstone',
    wholeAction: 'permanent',
    bad: () => ({ method: 'PATCH', type: 'Account', id: ids.deleted, fields: { Phone: '1' } }),
  },
  {
    code: 'NOT_FOUND',
    how: 'a read of a record that never was',
    http: 404,
    message: /^The requested resource does not exist$/,
    action: 'permanent',
    reads: true,
    call: () => org.raw('GET', `${DATA}/sobjects/Account/0015g00000ZZZZZAAA`),
  },
  {
    code: 'NOT_FOUND',
    how: 'a write to an id that never was',
    http: 404,
    message: /^Provided external ID field does not exist or is not accessible: /,
    action: 'permanent',
    call: () => org.raw('PATCH', `${DATA}/sobjects/Account/0015g00000ZZZZZAAA`, { body: { Phone: '1' } }),
  },
  {
    code: 'NOT_FOUND',
    how: 'injected (a record of a collection)',
    http: 404,
    message: /./,
    action: 'tombstone',
    wholeAction: 'permanent',
    injected: true,
    bad: () => ({ method: 'PATCH', type: 'Account', id: ids.account, fields: { Phone: '1' } }),
  },
];

async function withinLimits<T>(limits: Record<string, number>, work: () => Promise<T>): Promise<T> {
  const before = await org.admin('GET', '/limits');
  await org.admin('POST', '/limits', limits);
  try {
    return await work();
  } finally {
    const { dailyApiRequests } = before;
    await org.admin('POST', '/limits', { dailyApiRequests });
  }
}

async function oneBesideLongRequests(): Promise<RawAnswer> {
  await org.raw('GET', `${DATA}/limits`);
  await fault({ match: { path: '/query' }, fault: { kind: 'hang', at: 'before-commit', ms: 60_000 } });
  const hanging = new AbortController();
  const token = await org.token();
  const long = Array.from({ length: 25 }, () =>
    fetch(`${org.sandbox.url}${DATA}/query?q=x`, {
      headers: { authorization: `Bearer ${token}` },
      signal: hanging.signal,
    }).catch(() => undefined),
  );
  await untilMatched(25);
  org.clock.advance(20_001);
  try {
    return await post({ Name: 'Any' });
  } finally {
    hanging.abort();
    await Promise.all(long);
    await org.admin('DELETE', '/faults');
  }
}

async function untilMatched(count: number): Promise<void> {
  for (;;) {
    const rules = (await org.admin('GET', '/faults')) as unknown as { matched: number }[];
    if ((rules[0]?.matched ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function single({ method, type, id, fields }: Bad): Promise<RawAnswer> {
  const path = `${DATA}/sobjects/${type}${id === undefined ? '' : `/${id}`}`;
  return org.raw(method, path, fields === undefined ? {} : { body: fields });
}

interface Item {
  success: boolean;
  id?: string;
  errors: Record<string, unknown>[];
}

/** The bad record between two good ones, which must not suffer. */
async function amongGoodOnes({ method, type, id, fields }: Bad, goodToo: boolean): Promise<Item> {
  const attributes = { type };
  const good = { attributes: { type: 'Topic' }, ...neighbour(method) };
  const bad = { attributes, ...fields, ...(id === undefined ? {} : { id }) };
  const { status, body } = await org.raw(method, `${DATA}/composite/sobjects`, {
    body: { allOrNone: false, records: [good, bad] },
  });
  expect(status).toBe(200);
  const [first, item] = body as [Item, Item];
  expect(first.success).toBe(goodToo);
  return item;
}

function neighbour(method: string): Record<string, unknown> {
  const own = { attributes: { type: 'Contact' }, LastName: `Good ${Math.random()}` };
  return method === 'POST' ? own : { ...own, id: goodContact };
}
let goodContact = '';

async function provoke<T>(row: Row, work: () => Promise<T>): Promise<T> {
  const before = (await org.admin('GET', '/settings')) as Record<string, unknown>;
  if (row.settings !== undefined) {
    const set = await org.admin('PATCH', '/settings', row.settings);
    expect(set).not.toHaveProperty('error');
  }
  if (row.injected === true) await org.admin('POST', `/faults/preset/${row.code}`);
  try {
    return await work();
  } finally {
    await org.admin('DELETE', '/faults');
    const names = Object.keys(row.settings ?? {});
    await org.admin('PATCH', '/settings', Object.fromEntries(names.map((name) => [name, before[name]])));
  }
}

/** Where a row says `account`, the org's own is meant: ids are known only once it runs. */
function resolved(bad: Bad): Bad {
  const fields = Object.entries(bad.fields ?? {}).map(([name, value]) => [
    name,
    value === 'account' && name === 'AccountId' ? ids.account : value,
  ]);
  return { ...bad, fields: Object.fromEntries(fields) as Record<string, unknown> };
}

/** A lock is met by whichever of two requests in flight comes second. */
async function refusedOf(row: Row, bad: Bad): Promise<RawAnswer> {
  if (row.settings?.['lockHoldMs'] === undefined) return single(bad);
  const both = await Promise.all([single(bad), single(bad)]);
  return both.find(({ status }) => status >= 400) ?? (both[0] as RawAnswer);
}

async function refusedItemOf(row: Row, bad: Bad): Promise<Item> {
  if (row.settings?.['lockHoldMs'] === undefined) return amongGoodOnes(bad, row.injected !== true);
  const both = await Promise.all([single(bad), amongGoodOnes(bad, true)]);
  if (!both[1].success) return both[1];
  const again = await Promise.all([single(bad), amongGoodOnes(bad, true)]);
  return again[1];
}

function checkWhole(row: Row, { status, headers, body }: RawAnswer): void {
  expect({ status, limit: headers.get('sforce-limit-info') }).toEqual({
    status: row.http,
    limit: expect.stringMatching(/^api-usage=\d+\/\d+$/),
  });
  const [error, ...others] = body as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(error).toMatchObject({ errorCode: row.code, message: expect.stringMatching(row.message) });
  const plain = row.bad === undefined ? ['errorCode', 'message'] : ['errorCode', 'fields', 'message'];
  expect(Object.keys(error ?? {}).toSorted()).toEqual(row.keys ?? plain);
  const purpose = row.reads === true ? read : write;
  const classified = refusedCall({ status, headers: Object.fromEntries(headers), body }, purpose);
  expect(classified.kind).toBe(ACTIONS[row.wholeAction ?? row.action]);
  expect(classified.details.vendorCode).toBe(row.code);
}

function checkItem(row: Row, { method }: Bad, item: Item): void {
  expect(item).toMatchObject({ success: false });
  expect(item.id).toBeUndefined();
  const [error] = item.errors;
  expect(error).toMatchObject({ statusCode: row.code, message: expect.stringMatching(row.message) });
  // An item's refusal has all of these, and whatever more a single one's has.
  const more = (row.keys ?? []).filter((key) => key !== 'errorCode');
  const keys = [...new Set(['fields', 'message', 'statusCode', ...more])];
  expect(Object.keys(error ?? {}).toSorted()).toEqual(keys.toSorted());
  const problems = item.errors.map((problem) => VendorProblem.parse(problem));
  const classified = refusedItem(problems, write, method !== 'POST');
  expect(classified.kind).toBe(ACTIONS[row.action]);
  if (row.action === 'permanent, tell admin') expect(classified.details.nextStep).toContain('administrator');
}

describe('the error table', () => {
  beforeAll(async () => {
    [goodContact = ''] = (await seed('Contact', { LastName: 'Good' })) as string[];
    await seed('Account', { Name: 'Holder', Tributary_Account_Key__c: 'taken' });
  });

  it.each(TABLE)('has $code by $how', async (row) => {
    const { bad, call } = row;
    if (call !== undefined) checkWhole(row, await provoke(row, call));
    if (bad !== undefined) {
      const record = resolved(bad());
      checkWhole(row, await provoke(row, () => refusedOf(row, record)));
      checkItem(row, record, await provoke(row, () => refusedItemOf(row, record)));
    }
    const forms = bad === undefined ? 'request' : 'record, and item of a collection';
    printed.push(`${row.code} | ${row.how}: ${forms} | ${row.http} | ${row.action}`);
  });
});

interface Status {
  status: number;
  kind: SyncErrorKind;
  natural?: { how: string; call: () => Promise<RawAnswer> };
}

const STATUSES: Status[] = [
  {
    status: 404,
    kind: 'invalid-record',
    natural: { how: 'a path that leads nowhere', call: () => org.raw('GET', `${DATA}/nothing`) },
  },
  {
    status: 405,
    kind: 'bug',
    natural: { how: 'DELETE of an object', call: () => org.raw('DELETE', `${DATA}/sobjects/Account`) },
  },
  { status: 409, kind: 'bug' },
  {
    status: 410,
    kind: 'invalid-record',
    natural: { how: 'a retired version', call: () => org.raw('GET', '/services/data/v20.0/sobjects') },
  },
  {
    status: 412,
    kind: 'bug',
    natural: {
      how: 'a record changed since',
      call: () =>
        org.raw('PATCH', `${DATA}/sobjects/Account/${ids.account}`, {
          body: { Phone: '2' },
          headers: { 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' },
        }),
    },
  },
  {
    status: 414,
    kind: 'bug',
    natural: {
      how: 'a URI of more than 16,384 bytes',
      call: () => query(`SELECT Id FROM Account WHERE Name = '${'x'.repeat(16_400)}'`),
    },
  },
  {
    status: 415,
    kind: 'bug',
    natural: {
      how: 'XML',
      call: () =>
        org.raw('POST', `${DATA}/sobjects/Account`, {
          body: '<Account/>',
          headers: { 'content-type': 'text/html' },
        }),
    },
  },
  { status: 420, kind: 'unavailable' },
  { status: 428, kind: 'bug' },
  {
    status: 431,
    kind: 'bug',
    natural: {
      how: 'URI and headers of more than 16,384 bytes',
      call: () => org.raw('GET', `${DATA}/limits`, { headers: { 'x-long': 'x'.repeat(16_400) } }),
    },
  },
];

describe('the other statuses of the vendor’s list', () => {
  it.each(STATUSES)('$status has a shape of its own and a meaning', async ({ status, kind, natural }) => {
    await fault({ when: { nth: 1 }, fault: { kind: 'status', status } });
    const injected = await org.raw('GET', `${DATA}/limits`);
    await org.admin('DELETE', '/faults');
    const answers = natural === undefined ? [injected] : [injected, await natural.call()];
    for (const answer of answers) {
      expect(answer.status).toBe(status);
      expect(answer.headers.get('sforce-limit-info')).not.toBeNull();
      expect(answer.body).toEqual([
        expect.objectContaining({
          errorCode: expect.stringMatching(/^[A-Z_]+$/),
          message: expect.any(String),
        }),
      ]);
      expect(refusedCall({ status, headers: {}, body: answer.body }, read).kind).toBe(kind);
    }
    printed.push(
      `${status} | injected${natural === undefined ? '' : `, and ${natural.how}`} | ${status} | ${kind}`,
    );
  });
});
