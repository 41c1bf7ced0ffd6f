/** The connector against the local HubSpot, with the vendor's own client and real HTTP. One file: one portal serves all. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startHubspotSandbox, type HubspotSandbox } from '../../sandbox/hubspot/start.ts';
import type {
  Connector,
  LinkWanted,
  PushRequest,
  RecordWrite,
  WriteOutcome,
} from '../../src/crm/connector.ts';
import type { MatchRequest, MatchWanted } from '../../src/crm/matching.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { evaluateRows, readBack } from '../../src/mapping/evaluate.ts';
import { fitMapping } from '../../src/mapping/fit.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { HubspotCredentials } from './config.ts';
import { hubspot } from './definition.ts';

let sandbox: HubspotSandbox;
let connector: Connector;
const opened: Connector[] = [];

beforeAll(async () => {
  sandbox = await startHubspotSandbox({
    port: 0,
    rateLimit: 'off',
    searchLagMs: 0,
    preset: 'renamed-stages',
  });
  connector = connect(oauth());
});

afterEach(async () => {
  await admin('DELETE', '/faults');
});

afterAll(async () => {
  for (const one of opened) await one.close();
  await sandbox.close();
});

function oauth(): HubspotCredentials {
  const { clientId, clientSecret, refreshToken } = sandbox.credentials;
  return { clientId, clientSecret, refreshToken };
}

function connect(credentials: HubspotCredentials, portal = sandbox): Connector {
  const opening = hubspot.open({
    connectionId: 'test',
    settings: hubspot.settings.parse({
      baseUrl: portal.url,
      sandbox: true,
      appId: String(portal.credentials.appId),
    }),
    credentials,
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  });
  opened.push(opening);
  return opening;
}

const soon = (ms = 10_000): { deadline: number } => ({ deadline: Date.now() + ms });

async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(sandbox.adminUrl + path, init);
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

const fault = (path: string, what: object, when: object = { times: 1 }): Promise<unknown> =>
  admin('POST', '/faults', { rules: [{ match: { path }, when, fault: what }] });

const play = (...plays: object[]): Promise<unknown> => admin('POST', '/play', plays);

type Linked = Record<string, { id: string; typeIds: number[] }[]>;

async function present(
  object: string,
  id: string,
): Promise<{ properties: Record<string, unknown>; associations: Linked }> {
  return (await admin('GET', `/records/${object}/${id}`)) as {
    properties: Record<string, unknown>;
    associations: Linked;
  };
}

const recordOf = async (object: string, id: string): Promise<Record<string, unknown>> =>
  (await present(object, id)).properties;

async function seed(object: string, ...records: object[]): Promise<string[]> {
  return ((await admin('POST', '/seed', { object, records })) as { ids: string[] }).ids;
}

let counter = 0;
function newKey(): string {
  counter += 1;
  return `deal-${counter}`;
}

function dealWrite(fields: RecordWrite['fields'] = {}, key = newKey()): RecordWrite {
  return {
    key,
    fields: { dealname: `Deal ${key}`, pipeline: 'default', dealstage: 'appointmentscheduled', ...fields },
  };
}

function deals(operation: PushRequest['operation'], ...records: RecordWrite[]): PushRequest {
  return { kind: 'deal', object: 'deals', keyField: 'tributary_deal_id', operation, records };
}

async function create(...records: RecordWrite[]): Promise<string[]> {
  return (await connector.push(deals('upsert', ...records), soon())).map(crmIdOf);
}

function crmIdOf(outcome: WriteOutcome): string {
  if (outcome.status === 'failed') throw outcome.error;
  return outcome.crmId;
}

const outcomeText = (one: WriteOutcome): string => (one.status === 'failed' ? one.error.kind : 'written');

async function rejection(promise: Promise<unknown>): Promise<SyncError> {
  const error: unknown = await promise.then(
    () => new Error('resolved'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw error;
  return error;
}

describe('getting to know a portal', () => {
  it('names the portal, its currency and whom our writes travel under', async () => {
    expect(await connector.identify(soon())).toEqual({
      accountId: String(sandbox.credentials.portalId),
      name: `HubSpot portal ${sandbox.credentials.portalId}`,
      production: false,
      currency: 'USD',
      actsAs: `app ${sandbox.credentials.appId}`,
      originId: String(sandbox.credentials.appId),
    });
  });

  it('works the same with a private app', async () => {
    const privateApp = connect({ accessToken: sandbox.credentials.privateAppToken });
    expect(await privateApp.identify(soon())).toMatchObject({ currency: 'USD', actsAs: 'private app' });
  });

  it('describes properties: unique, read-only, options, and none where the values live elsewhere', async () => {
    const { fields } = await connector.describe('deals', soon());
    expect(fields.get('tributary_deal_id')).toMatchObject({ type: 'string', unique: true, createable: true });
    expect(fields.get('hs_lastmodifieddate')).toMatchObject({ createable: false, updateable: false });
    expect(fields.get('tributary_partner_sourced')?.allowedValues).toEqual(['true', 'false']);
    expect(fields.get('dealstage')).not.toHaveProperty('allowedValues');
    expect((await connector.describe('contacts', soon())).fields.get('email')?.unique).toBe(true);
  });

  it('knows won and closed by what the pipelines say, whatever the labels say', async () => {
    const stages = await connector.stages(soon());
    const won = stages.filter((stage) => stage.won).map(({ id }) => id);
    expect(won).toEqual(['closedwon', '146218803', '146218804']);
    expect(stages.filter(({ closed }) => closed)).toHaveLength(5);
    expect(stages.find(({ id }) => id === 'closedlost')).toMatchObject({
      label: 'Closed Won?! No',
      won: false,
      closed: true,
    });
    const [first] = stages.toSorted((a, b) => a.order - b.order);
    expect(first).toMatchObject({ id: 'appointmentscheduled', pipeline: 'default', closed: false });
  });

  it("tells HubSpot's time, not ours", async () => {
    const elsewhere = await startHubspotSandbox({
      port: 0,
      clock: { now: () => new Date('2031-05-06T07:08:09.999Z') },
    });
    try {
      const there = connect({ accessToken: elsewhere.credentials.privateAppToken }, elsewhere);
      expect(await there.vendorNow(soon())).toEqual(new Date('2031-05-06T07:08:09.000Z'));
    } finally {
      await elsewhere.close();
    }
  });
});

describe('pushing', () => {
  it('creates a hundred deals in one call and knows afterwards which is which', async () => {
    const writes = Array.from({ length: 100 }, () =>
      dealWrite({ amount: '1234.50', closedate: '2026-11-30' }),
    );
    await admin('DELETE', '/requests');
    const outcomes = await connector.push(deals('upsert', ...writes), soon());
    expect(await admin('GET', '/requests/summary')).toMatchObject({
      'POST /crm/v3/objects/deals/batch/upsert': { calls: 1, records: 100 },
    });
    expect(outcomes.map(({ key }) => key)).toEqual(writes.map(({ key }) => key));
    for (const [index, outcome] of outcomes.slice(0, 5).entries()) {
      expect(outcome).toMatchObject({ status: 'written', created: true });
      expect(await recordOf('deals', crmIdOf(outcome))).toMatchObject({
        tributary_deal_id: writes[index]?.key,
        amount: '1234.50',
        closedate: '2026-11-30T12:00:00.000Z',
      });
    }
  });

  it('finds the same record again when the key is upserted once more', async () => {
    const write = dealWrite();
    const [id] = await create(write);
    const [again] = await connector.push(
      deals('upsert', { ...write, fields: { dealname: 'Renamed' } }),
      soon(),
    );
    expect(again).toEqual({ key: write.key, status: 'written', crmId: id, created: false });
  });

  it('updates by id, clears what has no value, and calls a deleted record not found', async () => {
    const [kept, gone] = [dealWrite({ tributary_protected_until: '2026-12-31' }), dealWrite()];
    const [keptId = '', goneId = ''] = await create(kept, gone);
    await play({ action: 'delete', id: goneId });
    const outcomes = await connector.push(
      deals(
        'update',
        { key: kept.key, crmId: keptId, fields: { tributary_protected_until: null, tributary_version: '2' } },
        { key: gone.key, crmId: goneId, fields: { tributary_version: '2' } },
      ),
      soon(),
    );
    expect(outcomes.map(outcomeText)).toEqual(['written', 'not-found']);
    expect(await recordOf('deals', keptId)).toMatchObject({ tributary_version: '2' });
    expect((await recordOf('deals', keptId))['tributary_protected_until']).toBeFalsy();
  });

  it('lets bad records fail alone, each with its own reason', async () => {
    const writes = [
      dealWrite({ amount: 'twelve' }),
      dealWrite(),
      dealWrite({ dealstage: 'nowhere' }),
      dealWrite({ no_such_property: 'x' }),
      dealWrite(),
      dealWrite({ deal_currency_code: 'XAU' }),
    ];
    const outcomes = await connector.push(deals('upsert', ...writes), soon());
    expect(outcomes.map(outcomeText)).toEqual([
      'invalid-record',
      'written',
      'invalid-record',
      'invalid-record',
      'written',
      'invalid-record',
    ]);
    const named = outcomes.flatMap((one) => (one.status === 'failed' ? [one.error.details.fields] : []));
    expect(named).toEqual([['amount'], ['dealstage'], ['no_such_property'], ['deal_currency_code']]);
  });

  it('names the record that holds a unique value already', async () => {
    const [taken, other] = [dealWrite(), dealWrite()];
    const [takenId = '', otherId = ''] = await create(taken, other);
    const clash = { key: other.key, crmId: otherId, fields: { tributary_deal_id: taken.key } };
    const [outcome] = await connector.push(deals('update', clash), soon());
    const error = outcome?.status === 'failed' ? outcome.error : undefined;
    expect(error?.details).toMatchObject({
      kind: 'duplicate',
      existingIds: [takenId],
      fields: ['tributary_deal_id'],
    });
  });

  it('writes hostile text exactly as it is', async () => {
    const names = [
      `"'; DROP TABLE deals; -- <script>alert(1)</script> \\ {{x}} \${y}`,
      'line\nbreak\ttab \u202eoverride zero\u200bwidth 𝒜😀 e\u0301',
      '=cmd|/c calc!A1',
      'x'.repeat(60_000),
    ];
    const ids = await create(...names.map((dealname) => dealWrite({ dealname })));
    for (const [index, id] of ids.entries())
      expect((await recordOf('deals', id))['dealname']).toBe(names[index]);
    const key = `k/"'?&=${newKey()} ü`;
    const [id] = await create(dealWrite({}, key));
    expect(await connector.lookupByKey('deals', 'tributary_deal_id', [key], soon())).toEqual(
      new Map([[key, id]]),
    );
  });

  it('upserts contacts by e-mail in any spelling, once', async () => {
    const email = `Zoe.${newKey()}@Example.com`;
    const request = (key: string): PushRequest => ({
      kind: 'contact',
      object: 'contacts',
      keyField: 'email',
      operation: 'upsert',
      records: [{ key, fields: { firstname: 'Zoë' } }],
    });
    const [first] = await connector.push(request(email), soon());
    const [second] = await connector.push(request(email.toLowerCase()), soon());
    expect(second).toMatchObject({ status: 'written', created: false });
    expect(first && second && crmIdOf(first)).toBe(second && crmIdOf(second));
  });

  it('writes to the record that stayed when the one it knew was merged away', async () => {
    const [winner, loser] = [dealWrite(), dealWrite()];
    const [winnerId = '', loserId = ''] = await create(winner, loser);
    await play({ action: 'merge', id: loserId, into: winnerId });
    const update = { key: winner.key, crmId: winnerId, fields: { tributary_version: '9' } };
    const [outcome] = await connector.push(deals('update', update), soon());
    const stayed = outcome && crmIdOf(outcome);
    expect(await recordOf('deals', stayed ?? '')).toMatchObject({ tributary_version: '9' });
    expect(stayed).not.toBe(loserId);
  });
});

describe('a write whose answer is lost', () => {
  it('is ambiguous, was committed once, and is found by its key', async () => {
    const write = dealWrite();
    await fault('batch/upsert', { kind: 'reset', at: 'after-commit' });
    expect((await rejection(connector.push(deals('upsert', write), soon()))).kind).toBe('ambiguous');
    const found = await connector.lookupByKey('deals', 'tributary_deal_id', [write.key, 'never'], soon());
    expect([...found.keys()]).toEqual([write.key]);
    const [again] = await connector.push(deals('upsert', write), soon());
    expect(again).toMatchObject({ status: 'written', crmId: found.get(write.key), created: false });
  });

  it('is ambiguous when the deadline passes after the commit', async () => {
    const write = dealWrite();
    await fault('batch/upsert', { kind: 'hang', at: 'after-commit', ms: 5000 });
    const before = Date.now();
    expect((await rejection(connector.push(deals('upsert', write), soon(300)))).kind).toBe('ambiguous');
    expect(Date.now() - before).toBeLessThan(4000);
    expect((await connector.lookupByKey('deals', 'tributary_deal_id', [write.key], soon())).size).toBe(1);
  });

  it.each([
    [500, false],
    [502, true],
    [503, false],
    [504, true],
  ])('is ambiguous after a %i (HTML: %s), while a read is merely unavailable', async (status, html) => {
    await fault('batch/', { kind: 'status', status, html }, { times: 2 });
    expect((await rejection(connector.push(deals('upsert', dealWrite()), soon()))).kind).toBe('ambiguous');
    expect((await rejection(connector.lookupByKey('deals', 'tributary_deal_id', ['x'], soon()))).kind).toBe(
      'unavailable',
    );
  });
});

describe('limits and permissions', () => {
  it.each([
    [{ status: 429, code: 'TEN_SECONDLY_ROLLING' }, 'rate-limited', 10_000],
    [{ status: 429, code: 'TEN_SECONDLY_ROLLING', retryAfter: 2 }, 'rate-limited', 2000],
    [{ status: 429, code: 'SECONDLY' }, 'rate-limited', 1000],
    [{ status: 429, code: 'DAILY', retryAfter: 60 }, 'quota-exhausted', 60_000],
    [{ status: 423 }, 'rate-limited', 2000],
    [{ status: 477, retryAfter: 30 }, 'rate-limited', 30_000],
  ])('%j', async (what, kind, retryAfterMs) => {
    await fault('batch/upsert', { kind: 'status', ...what });
    const { details } = await rejection(connector.push(deals('upsert', dealWrite()), soon()));
    expect([details.kind, details.retryAfterMs, details.httpStatus]).toEqual([
      kind,
      retryAfterMs,
      what.status,
    ]);
  });

  it("obeys the portal's own limits, in whichever of their wordings", async () => {
    const limited = await startHubspotSandbox({ port: 0, oauthAppBurst: 3 });
    try {
      const { clientId, clientSecret, refreshToken } = limited.credentials;
      const other = connect({ clientId, clientSecret, refreshToken }, limited);
      for (let call = 0; call < 3; call += 1) await other.identify(soon());
      for (let call = 0; call < 4; call += 1) {
        expect((await rejection(other.identify(soon()))).details).toMatchObject({
          kind: 'rate-limited',
          retryAfterMs: 10_000,
        });
      }
    } finally {
      await limited.close();
    }
  });

  it('renews a revoked token exactly once for any number of calls, and none of them fails', async () => {
    await connector.identify(soon());
    await admin('POST', '/revoke-tokens');
    await admin('DELETE', '/requests');
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => connector.push(deals('upsert', dealWrite()), soon())),
    );
    expect(outcomes.flat().map(outcomeText)).toEqual(Array.from({ length: 10 }, () => 'written'));
    const summary = (await admin('GET', '/requests/summary')) as Record<string, { calls: number }>;
    expect(summary['POST /oauth/v3/token']?.calls).toBe(1);
  });

  it('gives up for good when every token is refused, and when the refresh token is', async () => {
    await fault('batch/upsert', { kind: 'status', status: 401 }, {});
    expect((await rejection(connector.push(deals('upsert', dealWrite()), soon()))).kind).toBe('auth-expired');
    const stale = connect({ ...oauth(), refreshToken: 'na1-stale' } as HubspotCredentials);
    const error = await rejection(stale.identify(soon()));
    expect(error.details).toMatchObject({ kind: 'auth-expired', stage: 'connect' });
    expect(error.details.nextStep).toMatch(/Connect the HubSpot portal again/);
  });
});

function companies(wanted: readonly MatchWanted[]): MatchRequest {
  return { kind: 'account', object: 'companies', keyField: 'tributary_account_key', wanted, fields: [] };
}

describe('finding what is there already', () => {
  it('finds companies by domain and by name in any case', async () => {
    const [domainId, nameId, , twinId] = await seed(
      'companies',
      { name: 'Acme Holding', domain: 'Acme-One.example' },
      { name: 'Bolt  & "Söhne"' },
      { name: 'Acme-One.example' },
      { name: 'Twin', domain: 'twin-a.example' },
    );
    const wanted = [
      { key: 'a', name: 'ACME', domain: 'acme-one.example' },
      { key: 'b', name: 'bolt  & "SÖHNE"' },
      { key: 'c', name: 'Nobody', domain: 'nobody.example' },
      { key: 'd', name: 'Twin Ltd', spellings: ['Twin Ltd', 'Twin'], domain: 'twin-b.example' },
    ];
    const found = await connector.findMatches(companies(wanted), soon());
    expect(found.map(({ crmId, website }) => [crmId, website])).toEqual(
      expect.arrayContaining([
        [domainId, 'Acme-One.example'],
        [nameId, null],
        [twinId, 'twin-a.example'],
      ]),
    );
    expect(found).toHaveLength(3);
  });

  it('takes the company that carries our key before any other, though search does not know it yet', async () => {
    const [ours] = await seed('companies', {
      name: 'Keyed',
      domain: 'keyed.example',
      tributary_account_key: 'domain:keyed.example',
    });
    await seed('companies', { name: 'Keyed twin', domain: 'keyed.example' });
    const wanted = [{ key: 'domain:keyed.example', domain: 'keyed.example' }];
    const found = await connector.findMatches(companies(wanted), soon());
    expect(found).toMatchObject([
      { crmId: ours, name: 'Keyed', key: 'domain:keyed.example', website: 'keyed.example' },
    ]);
  });

  it('asks for a hundred companies in few searches, none of them too long', async () => {
    const wanted = Array.from({ length: 100 }, (_, index) => ({
      key: `w${index}`,
      name: index === 7 ? 'n'.repeat(5000) : `A company with quite a long name, number ${index} "GmbH"`,
      domain: `company-number-${index}.example`,
    }));
    const [id] = await seed('companies', { name: 'x', domain: 'company-number-99.example' });
    await admin('DELETE', '/requests');
    const found = await connector.findMatches(companies(wanted), soon());
    expect(found.map(({ crmId }) => crmId)).toEqual([id]);
    const summary = (await admin('GET', '/requests/summary')) as Record<
      string,
      { calls: number; byStatus: object }
    >;
    const searches = summary['POST /crm/v3/objects/companies/search'];
    expect(searches?.byStatus).toEqual({ '200': searches?.calls });
    expect(searches?.calls).toBeLessThanOrEqual(5);
  });

  it('finds contacts by e-mail without search', async () => {
    const [id] = await seed('contacts', {
      email: 'ann.lee@found.example',
      firstname: 'Ann',
      lastname: 'Lee',
    });
    const wanted = [
      { key: 'k', email: 'Ann.Lee@Found.example' },
      { key: 'm', email: 'missing@found.example' },
      { key: 'n' },
    ];
    const request = { kind: 'contact', object: 'contacts', keyField: 'email', wanted, fields: [] } as const;
    expect(await connector.findMatches(request, soon())).toMatchObject([
      { crmId: id, name: 'Ann Lee', email: 'ann.lee@found.example' },
    ]);
  });

  it('says rate-limited when searches come too fast', async () => {
    await fault('/search', { kind: 'status', status: 429, code: 'SECONDLY' });
    const call = connector.findMatches(companies([{ key: 'z', name: 'Z' }]), soon());
    expect((await rejection(call)).details).toMatchObject({
      kind: 'rate-limited',
      stage: 'resolve',
      retryAfterMs: 1000,
    });
  });
});

describe('linking', () => {
  async function parties(): Promise<{ account: string; partner: string; contact: string; deal: string }> {
    const [account = '', partner = ''] = await seed('companies', { name: newKey() }, { name: newKey() });
    const [contact = ''] = await seed('contacts', { email: `${newKey()}@link.example` });
    const [deal = ''] = await create(dealWrite());
    return { account, partner, contact, deal };
  }

  /** Association types by company; 5 makes it the primary one. */
  async function companiesOf(dealId: string): Promise<Record<string, number[]>> {
    const { associations } = await present('deals', dealId);
    return Object.fromEntries(
      (associations['companies'] ?? []).map(({ id, typeIds }) => [id, typeIds.toSorted((a, b) => a - b)]),
    );
  }

  it('gives the deal its customer as the primary company, its partner and its contact, however often it is asked', async () => {
    const { account, partner, contact, deal } = await parties();
    const wanted: LinkWanted = {
      key: 'k',
      dealId: deal,
      accountId: account,
      contactId: contact,
      partnerAccountId: partner,
      fresh: true,
    };
    expect(await connector.link([wanted], soon())).toEqual([{ key: 'k', status: 'linked' }]);
    const expected = { [account]: [5, 341], [partner]: [341, expect.any(Number)] };
    expect(await companiesOf(deal)).toEqual(expected);
    expect(await connector.link([wanted], soon())).toEqual([{ key: 'k', status: 'linked' }]);
    expect(await connector.link([{ ...wanted, fresh: false }], soon())).toEqual([
      { key: 'k', status: 'linked' },
    ]);
    expect(await companiesOf(deal)).toEqual(expected);
    expect((await present('deals', deal)).associations['contacts']).toEqual([{ id: contact, typeIds: [3] }]);
    expect((await present('contacts', contact)).associations['companies']?.map(({ id }) => id)).toEqual([
      account,
    ]);
  });

  it('fails the deals whose contact is gone and links the others', async () => {
    const [one, two] = [await parties(), await parties()];
    const outcomes = await connector.link(
      [
        { key: 'good', dealId: one.deal, accountId: one.account, contactId: one.contact, fresh: true },
        { key: 'bad', dealId: two.deal, accountId: two.account, contactId: '999999999', fresh: true },
      ],
      soon(),
    );
    expect(outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.kind : 'linked'))).toEqual([
      'linked',
      'not-found',
    ]);
  });

  it('leaves the primary company that a rep has chosen', async () => {
    const { account, partner: chosen, deal } = await parties();
    await connector.link([{ key: 'k', dealId: deal, accountId: chosen, fresh: true }], soon());
    await connector.link([{ key: 'k', dealId: deal, accountId: account, fresh: false }], soon());
    expect(await companiesOf(deal)).toEqual({ [chosen]: [5, 341], [account]: [341] });
  });

  it('takes an account that was merged into another for linked', async () => {
    const { account, partner, deal } = await parties();
    await play({ action: 'merge', object: 'companies', id: account, into: partner });
    const outcomes = await connector.link(
      [{ key: 'k', dealId: deal, accountId: account, fresh: true }],
      soon(),
    );
    expect(outcomes).toEqual([{ key: 'k', status: 'linked' }]);
  });
});

describe('reading deals', () => {
  const FIELDS = ['amount', 'deal_currency_code', 'dealstage', 'tributary_deal_id'];

  it('tells the stage history oldest first: won, reopened, won again', async () => {
    const [id = ''] = await create(dealWrite({ amount: '100.10' }));
    await play({ action: 'win', id });
    await play({ action: 'reopen', id });
    await play({ action: 'update', id, fields: { amount: '250' } });
    await play({ action: 'win', id });
    const [deal] = await connector.readDeals('deals', [id], FIELDS, soon());
    expect(deal).toMatchObject({
      crmId: id,
      deleted: false,
      fields: { amount: '250', dealstage: 'closedwon' },
    });
    const history = deal?.stageHistory ?? [];
    expect(history.map(({ won, closed }) => (won ? 'won' : closed ? 'lost' : 'open'))).toEqual([
      'open',
      'won',
      'open',
      'won',
    ]);
    expect(history.map(({ amount }) => amount)).toEqual(['100.10', '100.10', '100.10', '250']);
    expect(new Set(history.map((entry) => entry.id)).size).toBe(4);
    const [again] = await connector.readDeals('deals', [id], FIELDS, soon());
    expect(again?.stageHistory).toEqual(history);
  });

  it('knows a win in a pipeline with stages of its own', async () => {
    const [id = ''] = await create(dealWrite({ pipeline: '74218011', dealstage: '146218801' }));
    await play({ action: 'stage', id, stage: '146218804' });
    const [deal] = await connector.readDeals('deals', [id], FIELDS, soon());
    expect(deal?.stageHistory.at(-1)).toMatchObject({ stage: '146218804', won: true, closed: true });
  });

  it('answers for every id asked: live, deleted, merged and never there', async () => {
    const [live = '', gone = '', loser = '', winner = ''] = await create(
      dealWrite(),
      dealWrite(),
      dealWrite(),
      dealWrite(),
    );
    await play({ action: 'delete', id: gone }, { action: 'merge', id: loser, into: winner });
    const read = await connector.readDeals(
      'deals',
      [live, gone, loser, winner, '4711', live],
      FIELDS,
      soon(),
    );
    expect(read.map(({ deleted }) => deleted)).toEqual([false, true, false, false, true]);
    const [, archived, mergedLoser, mergedWinner] = read;
    expect(archived?.fields['tributary_deal_id']).toMatch(/^deal-/);
    expect(archived?.stageHistory).toHaveLength(1);
    expect(mergedLoser?.mergedFrom).toBe(loser);
    expect(mergedLoser?.crmId).toBe(mergedWinner?.crmId);
    await play({ action: 'undelete', id: gone });
    const [restored] = await connector.readDeals('deals', [gone], FIELDS, soon());
    expect(restored?.deleted).toBe(false);
    expect(restored?.modifiedAt.getTime()).toBeGreaterThanOrEqual(read[1]?.modifiedAt.getTime() ?? Infinity);
  });

  it('takes no deal for deleted because a read failed', async () => {
    const [id = ''] = await create(dealWrite());
    await fault('batch/read', { kind: 'status', status: 503 });
    expect((await rejection(connector.readDeals('deals', [id], FIELDS, soon()))).kind).toBe('unavailable');
  });
});

describe('polling', () => {
  it('pages through everything with our key that changed in the window, and nothing else', async () => {
    const from = new Date();
    const ids = (
      await Promise.all([
        create(...Array.from({ length: 100 }, () => dealWrite())),
        create(...Array.from({ length: 100 }, () => dealWrite())),
        create(...Array.from({ length: 30 }, () => dealWrite())),
      ])
    ).flat();
    await seed('deals', { dealname: 'not ours', dealstage: 'closedwon', pipeline: 'default' });
    const to = new Date(Date.now() + 1);
    const heard: string[] = [];
    let pages = 0;
    let after: string | undefined;
    do {
      const window = { from, to, ...(after === undefined ? {} : { after }) };
      const page = await connector.poll('deals', 'tributary_deal_id', window, soon());
      heard.push(...page.hints.map(({ crmId }) => crmId));
      after = page.next;
      pages += 1;
    } while (after !== undefined && pages < 10);
    expect(heard.toSorted()).toEqual(ids.toSorted());
    expect(pages).toBe(2);
    const early = { from: new Date(from.getTime() - 3_600_000), to: from };
    const before = await connector.poll('deals', 'tributary_deal_id', early, soon());
    expect(before.hints.filter(({ crmId }) => ids.includes(crmId))).toEqual([]);
  });
});

describe('webhooks', () => {
  it('come in genuine and point at what happened, telling our own changes from those of others', async () => {
    const received: { hints: unknown[]; refused: (string | null)[] } = { hints: [], refused: [] };
    let url = '';
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const rawBody = Buffer.concat(chunks);
        const headers = request.headers as Record<string, string>;
        const call = { method: request.method ?? '', url, headers, rawBody };
        received.refused.push(
          hubspot.webhook?.refuse(call, [sandbox.credentials.clientSecret], new Date()) ?? null,
        );
        received.hints.push(
          ...(hubspot.webhook?.parse(rawBody, String(sandbox.credentials.appId)).hints ?? []),
        );
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?next=https%3A%2F%2Fa.example%2F(x)`;
    try {
      await admin('POST', '/webhooks', { targetUrl: url });
      const [id = ''] = await create(dealWrite());
      await play({ action: 'win', id }, { action: 'delete', id });
      const heard = (): boolean => JSON.stringify(received.hints).includes('deleted');
      for (let wait = 0; wait < 200 && !heard(); wait += 1)
        await new Promise((resolve) => setTimeout(resolve, 25));
      expect(new Set(received.refused)).toEqual(new Set([null]));
      const accountId = String(sandbox.credentials.portalId);
      expect(received.hints).toContainEqual({
        accountId,
        crmId: id,
        change: 'created',
        fields: [],
        ours: true,
        committedAt: expect.any(Date),
        eventKey: expect.any(String),
      });
      expect(received.hints).toContainEqual({
        accountId,
        crmId: id,
        change: 'updated',
        fields: ['dealstage'],
        ours: false,
        committedAt: expect.any(Date),
        eventKey: expect.any(String),
      });
      expect(received.hints).toContainEqual({
        accountId,
        crmId: id,
        change: 'deleted',
        fields: [],
        ours: false,
        committedAt: expect.any(Date),
        eventKey: expect.any(String),
      });
    } finally {
      await admin('POST', '/webhooks', { targetUrl: '' });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("HubSpot's default mapping", () => {
  it('fits a provisioned portal, and what it computes can be written', async () => {
    const mapping = await loadMapping(
      fileURLToPath(new URL('../../mappings/hubspot/mapping.yaml', import.meta.url)),
      'hubspot',
    );
    const described = await Promise.all(
      ['deals', 'companies', 'contacts'].map(
        async (object) => [object, await connector.describe(object, soon())] as const,
      ),
    );
    const fitted = fitMapping(mapping, new Map(described));
    expect(fitted.faults).toEqual([]);
    const key = newKey();
    const fields = evaluateRows(
      fitted.deal.write,
      {
        'deal.name': ' A deal ',
        'deal.version': 4,
        'deal.amount': '12345678.90',
        'deal.currency': 'EUR',
        'deal.expectedCloseDate': '2026-02-28',
        'deal.protectedUntil': '2026-12-31',
        'deal.registrationUrl': 'https://partners.example/1',
        'partner.name': 'Müller',
        'partner.tier': 'gold',
        'stage.open': 'appointmentscheduled',
        'stage.openPipeline': 'default',
      },
      true,
    );
    const [id = ''] = await create({ key, fields });
    const [deal] = await connector.readDeals(
      'deals',
      [id],
      fitted.deal.read.map(({ from }) => from),
      soon(),
    );
    expect(readBack(fitted.deal.read, deal?.fields ?? {})).toEqual({
      amount: '12345678.90',
      currency: 'EUR',
      stage: 'appointmentscheduled',
      pipeline: 'default',
      closeDate: '2026-02-28T12:00:00.000Z',
      owner: null,
      dealKey: key,
      version: '4',
    });
  });
});

describe('a storm', () => {
  it('gives every deal exactly one record, linked, with errors that only ask for another try', async () => {
    const [account = ''] = await seed('companies', { name: 'Storm' });
    const waiting = new Map(
      Array.from({ length: 300 }, () => dealWrite()).map((write) => [write.key, write]),
    );
    const written = new Map<string, string>();
    const linked = new Set<string>();
    const kinds = new Set<string>();
    await admin('POST', '/faults/preset/storm', { seed: 7 });
    for (let round = 0; round < 400 && linked.size < 300; round += 1) {
      try {
        const batch = [...waiting.values()].slice(0, 20);
        const outcomes = batch.length === 0 ? [] : await connector.push(deals('upsert', ...batch), soon());
        for (const outcome of outcomes) {
          if (outcome.status === 'failed') kinds.add(outcome.error.kind);
          else if (waiting.delete(outcome.key)) written.set(outcome.key, outcome.crmId);
        }
        const links = [...written].filter(([key]) => !linked.has(key)).slice(0, 20);
        const wanted = links.map(([key, dealId]) => ({
          key,
          dealId,
          accountId: account,
          fresh: round % 2 === 0,
        }));
        const results = wanted.length === 0 ? [] : await connector.link(wanted, soon());
        for (const { key, status } of results) if (status === 'linked') linked.add(key);
        await connector.readDeals(
          'deals',
          links.map(([, id]) => id),
          ['amount'],
          soon(),
        );
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        kinds.add(error.kind);
      }
    }
    await admin('DELETE', '/faults');
    expect(
      [...kinds].filter(
        (kind) => !['rate-limited', 'unavailable', 'ambiguous', 'auth-expired'].includes(kind),
      ),
    ).toEqual([]);
    expect(kinds.size).toBeGreaterThanOrEqual(3);
    const creates = (await admin('GET', '/writes?object=deals&limit=100000')) as {
      op: string;
      fields: Record<string, string>;
    }[];
    const keys = creates.filter(({ op }) => op === 'create').map(({ fields }) => fields['tributary_deal_id']);
    expect([...written.keys()].map((key) => keys.filter((one) => one === key).length)).toEqual(
      Array.from({ length: 300 }, () => 1),
    );
    expect((await present('companies', account)).associations['deals']).toHaveLength(300);
  });
});
