/** Answers that HubSpot may give and the sandbox does not, from a portal that is scripted per test. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Client } from '@hubspot/api-client';
import type { Connector, ConnectorContext, PushRequest, RecordWrite } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { manualClock } from '../../src/platform/clock.ts';
import type { HubspotCredentials, HubspotSettings } from './config.ts';
import { hubspot } from './definition.ts';
import { startScriptedPortal, type Received, type Reply, type ScriptedPortal } from './scripted-portal.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {} };
const OAUTH: HubspotCredentials = { clientId: 'client', clientSecret: 'secret', refreshToken: 'refresh' };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Setup {
  portal: ScriptedPortal;
  connector: Connector;
  clock: ReturnType<typeof manualClock>;
  saved: HubspotCredentials[];
}

type Change = Partial<ConnectorContext<HubspotSettings, HubspotCredentials>>;

async function setUp(
  reply: (call: Received) => Reply,
  change: Change = {},
  token?: (form: URLSearchParams) => Reply,
): Promise<Setup> {
  const portal = await startScriptedPortal(reply, token);
  const clock = manualClock(new Date('2026-09-01T10:00:00Z'));
  const saved: HubspotCredentials[] = [];
  const connector = hubspot.open({
    connectionId: 'test',
    settings: hubspot.settings.parse({ baseUrl: portal.url, sandbox: true }),
    credentials: OAUTH,
    saveCredentials: (credentials) => Promise.resolve(void saved.push(credentials)),
    clock,
    log: silent,
    ...change,
  });
  open.push(connector, portal);
  return { portal, connector, clock, saved };
}

const soon = (ms = 5000): { deadline: number } => ({ deadline: Date.now() + ms });

function pushOf(...keys: string[]): PushRequest {
  return upsertOf(...keys.map((key) => ({ key, fields: { dealname: `Deal ${key}` } })));
}

function upsertOf(...records: RecordWrite[]): PushRequest {
  return { kind: 'deal', object: 'deals', keyField: 'tributary_deal_id', operation: 'upsert', records };
}

interface Input {
  id: string;
  properties: Record<string, string>;
  objectWriteTraceId: string;
}

function inputsOf(call: Received | undefined): Input[] {
  return (call?.body as { inputs: Input[] }).inputs;
}

/** The kind of the SyncError that a call rejects with. */
async function rejection(promise: Promise<unknown>): Promise<SyncError> {
  const error: unknown = await promise.then(
    () => new Error('resolved'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw error;
  return error;
}

describe('a call without a conclusive answer', () => {
  const unclear: [string, Reply][] = [
    ['an empty body', { status: 200 }],
    ['HTML with status 200', { status: 200, text: '<html>maintenance</html>' }],
    ['a truncated body', { status: 200, text: '{"results":[{"id":"1"' }],
    ['a gateway error in HTML', { status: 502, text: '<html>bad gateway</html>' }],
    ['a reset', 'reset'],
    ['silence', 'hang'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }],
  ];

  it.each(unclear)('leaves a write ambiguous and a read unavailable: %s', async (_name, reply) => {
    const { portal, connector } = await setUp(() => reply);
    expect((await rejection(connector.push(pushOf('a'), soon(300)))).kind).toBe('ambiguous');
    expect((await rejection(connector.lookupByKey('deals', 'k', ['a'], soon(300)))).kind).toBe('unavailable');
    expect(portal.calls).toHaveLength(2);
  });

  it('sends nothing after the deadline, nor when aborted, and says that nothing was sent', async () => {
    const { portal, connector } = await setUp(() => 'hang');
    expect((await rejection(connector.push(pushOf('a'), { deadline: Date.now() - 1 }))).kind).toBe(
      'unavailable',
    );
    const aborted = { ...soon(), signal: AbortSignal.abort() };
    expect((await rejection(connector.push(pushOf('a'), aborted))).kind).toBe('unavailable');
    expect(portal.calls).toHaveLength(0);
  });

  it('leaves a write ambiguous when it is aborted under way', async () => {
    const abort = new AbortController();
    const { connector } = await setUp(() => {
      abort.abort();
      return 'hang';
    });
    expect((await rejection(connector.push(pushOf('a'), { ...soon(), signal: abort.signal }))).kind).toBe(
      'ambiguous',
    );
  });

  it('knows that a portal that nobody answers for has not written anything', async () => {
    const { portal, connector } = await setUp(() => ({ status: 200 }));
    await portal.close();
    expect((await rejection(connector.push(pushOf('a'), soon()))).kind).toBe('unavailable');
  });
});

describe("the vendor client's own retries", () => {
  it('stay off, whatever another client in this process asks for', async () => {
    const first = await setUp(() => ({ status: 503, json: { message: 'down' } }));
    const stranger = new Client({ accessToken: 'x', numberOfApiCallRetries: 6 });
    const second = await setUp(() => ({ status: 503, json: { message: 'down' } }));
    const another = new Client({ accessToken: 'x', numberOfApiCallRetries: 6 });
    for (const { connector, portal } of [first, second]) {
      expect((await rejection(connector.push(pushOf('a', 'b'), soon()))).kind).toBe('ambiguous');
      expect(portal.calls).toHaveLength(1);
    }
    expect([stranger, another]).toHaveLength(2);
  });
});

describe('matching results to records', () => {
  const shuffled = (call: Received, result: (input: Input) => object): Reply => ({
    status: 200,
    json: { status: 'COMPLETE', results: inputsOf(call).map(result).reverse() },
  });

  it.each([
    [
      'trace ids',
      ({ objectWriteTraceId, id }: Input) => ({ id: `crm-${id}`, objectWriteTraceId, new: true }),
    ],
    ['our key', ({ id }: Input) => ({ id: `crm-${id}`, properties: { tributary_deal_id: id }, new: true })],
  ])('works by %s, in any order', async (_name, result) => {
    const { connector } = await setUp((call) => shuffled(call, result));
    const outcomes = await connector.push(pushOf('a', 'b', 'c'), soon());
    expect(outcomes).toEqual(
      ['a', 'b', 'c'].map((key) => ({ key, status: 'written', crmId: `crm-${key}`, created: true })),
    );
  });

  it('calls a record ambiguous when the answer has no word about it', async () => {
    const { connector } = await setUp((call) => {
      const [first] = inputsOf(call);
      return {
        status: 207,
        json: { results: [{ id: 1, objectWriteTraceId: first?.objectWriteTraceId }], numErrors: 2 },
      };
    });
    const outcomes = await connector.push(pushOf('a', 'b', 'c'), soon());
    expect(outcomes.map((one) => (one.status === 'failed' ? one.error.kind : one.crmId))).toEqual([
      '1',
      'ambiguous',
      'ambiguous',
    ]);
  });

  it('accepts that an updated record answers under another id after a merge', async () => {
    const { connector } = await setUp(() => ({
      status: 200,
      json: { results: [{ id: '77', properties: {} }] },
    }));
    const records = [{ key: 'a', crmId: '5', fields: { dealname: 'x' } }];
    const outcomes = await connector.push({ ...upsertOf(...records), operation: 'update' }, soon());
    expect(outcomes).toEqual([{ key: 'a', status: 'written', crmId: '77', created: false }]);
  });
});

describe('a batch that is refused as a whole', () => {
  const bad = { status: 400, json: { category: 'VALIDATION_ERROR', message: 'Some property was not valid' } };
  const accept = (call: Received): Reply => ({
    status: 200,
    json: {
      results: inputsOf(call).map(({ id, objectWriteTraceId }) => ({ id: `crm-${id}`, objectWriteTraceId })),
    },
  });

  it('is halved down to the culprits, so that they alone fail', async () => {
    const { connector, portal } = await setUp((call) =>
      inputsOf(call).some(({ id }) => id === '13' || id === '77') ? bad : accept(call),
    );
    const keys = Array.from({ length: 100 }, (_, index) => String(index));
    const outcomes = await connector.push(pushOf(...keys), soon());
    expect(outcomes.map(({ key }) => key)).toEqual(keys);
    const failed = outcomes.filter(({ status }) => status === 'failed');
    expect(failed.map(({ key }) => key)).toEqual(['13', '77']);
    expect(portal.calls.length).toBeLessThan(30);
  });

  it('is sent once more without the records that carry a property the portal does not have', async () => {
    const message = `Property values were not valid: ${JSON.stringify([{ error: 'PROPERTY_DOESNT_EXIST', name: 'tier' }])}`;
    const { connector, portal } = await setUp((call) =>
      inputsOf(call).some(({ properties }) => 'tier' in properties)
        ? { status: 400, json: { message } }
        : accept(call),
    );
    const records = Array.from({ length: 40 }, (_, index) => ({
      key: String(index),
      fields: index % 2 ? { tier: 'gold' } : {},
    }));
    const outcomes = await connector.push(upsertOf(...records), soon());
    expect(outcomes.filter(({ status }) => status === 'written')).toHaveLength(20);
    expect(portal.calls).toHaveLength(2);
  });

  it('keeps what was written before the rest ran into a limit', async () => {
    const replies: Reply[] = [bad];
    const { connector } = await setUp(
      (call) => replies.shift() ?? (inputsOf(call)[0]?.id === 'a' ? accept(call) : { status: 429, json: {} }),
    );
    const outcomes = await connector.push(pushOf('a', 'b'), soon());
    expect(outcomes.map((one) => (one.status === 'failed' ? one.error.kind : one.crmId))).toEqual([
      'crm-a',
      'rate-limited',
    ]);
  });

  it('never has two records of one id in it', async () => {
    const { connector, portal } = await setUp(accept);
    const contacts = ['A@x.example', 'a@x.example', 'b@x.example'].map((key) => ({ key, fields: {} }));
    const request: PushRequest = {
      ...upsertOf(...contacts),
      kind: 'contact',
      object: 'contacts',
      keyField: 'email',
    };
    const outcomes = await connector.push(request, soon());
    expect(outcomes.map(({ status }) => status)).toEqual(['written', 'written', 'written']);
    expect(portal.calls.map((call) => inputsOf(call).length)).toEqual([2, 1]);
  });
});

describe('access tokens', () => {
  const account = { status: 200, json: { portalId: 41, companyCurrency: 'USD', accountType: 'STANDARD' } };
  const expectOne = (call: Received, token: string): Reply =>
    call.authorization === `Bearer ${token}`
      ? account
      : { status: 401, json: { category: 'EXPIRED_AUTHENTICATION' } };

  it('are renewed before they expire, not after a refusal', async () => {
    const { connector, portal, clock } = await setUp(() => account);
    await connector.identify(soon());
    clock.advance(28 * 60_000);
    await connector.identify(soon());
    expect(portal.tokensIssued).toBe(1);
    clock.advance(90_000);
    await connector.identify(soon());
    expect(portal.tokensIssued).toBe(2);
    expect(portal.calls.map(({ authorization }) => authorization)).toEqual([
      'Bearer access-1',
      'Bearer access-1',
      'Bearer access-2',
    ]);
  });

  it('are renewed exactly once however many calls are refused at the same time', async () => {
    const { connector, portal } = await setUp((call) => expectOne(call, 'access-2'));
    await Promise.all(Array.from({ length: 12 }, () => connector.identify(soon())));
    expect(portal.tokensIssued).toBe(2);
  });

  it('are given up after one renewal', async () => {
    const { connector, portal } = await setUp((call) => expectOne(call, 'never'));
    expect((await rejection(connector.identify(soon()))).kind).toBe('auth-expired');
    expect([portal.calls.length, portal.tokensIssued]).toEqual([2, 2]);
  });

  it('of a private app are never renewed', async () => {
    const { connector, portal } = await setUp((call) => expectOne(call, 'never'), {
      credentials: { accessToken: 'pat' },
    });
    const error = await rejection(connector.push(pushOf('a'), soon()));
    expect([error.kind, portal.calls.length, portal.tokensIssued]).toEqual(['auth-expired', 1, 0]);
  });

  it('store a rotated refresh token before anything is called with it', async () => {
    const events: string[] = [];
    const rotated = {
      status: 200,
      json: { access_token: 'new', refresh_token: 'rotated', expires_in: 1800 },
    };
    const { connector } = await setUp(
      () => (events.push('called'), account),
      {
        saveCredentials: (credentials) =>
          Promise.resolve(void events.push('refreshToken' in credentials ? credentials.refreshToken : '')),
      },
      () => rotated,
    );
    await connector.identify(soon());
    expect(events).toEqual(['rotated', 'called']);
  });

  it('keep trying to store a rotated refresh token, and call nothing until it is', async () => {
    let failures = 1;
    const rotated = {
      status: 200,
      json: { access_token: 'new', refresh_token: 'rotated', expires_in: 1800 },
    };
    const save = (): Promise<void> =>
      failures-- > 0 ? Promise.reject(new Error('database down')) : Promise.resolve();
    const { connector, portal } = await setUp(
      () => account,
      { saveCredentials: save },
      () => rotated,
    );
    expect((await rejection(connector.identify(soon()))).kind).toBe('unavailable');
    expect(portal.calls).toHaveLength(0);
    await connector.identify(soon());
    expect(portal.tokensIssued).toBe(1);
  });

  it('do not hold a call beyond its deadline, and nothing was written by then', async () => {
    const { connector, portal } = await setUp(
      () => account,
      {},
      () => 'hang',
    );
    expect((await rejection(connector.push(pushOf('a'), soon(100)))).kind).toBe('unavailable');
    expect(portal.calls).toHaveLength(0);
  });
});

describe('the meaning of stages', () => {
  it('is won only when closed with a probability of exactly one, and unknown stages count as open', async () => {
    const stage = (id: string, isClosed: string, probability: string) => ({
      id,
      displayOrder: 0,
      metadata: { isClosed, probability },
    });
    const stages = [
      stage('half', 'true', '0.5'),
      stage('sure', 'false', '1.0'),
      stage('won', 'true', '1.0'),
      stage('one', 'true', '1'),
    ];
    const { connector } = await setUp(() => ({
      status: 200,
      json: { results: [{ id: 'p', displayOrder: 0, stages }] },
    }));
    const won = (await connector.stages(soon())).filter((one) => one.won).map(({ id }) => id);
    expect(won).toEqual(['won', 'one']);
  });

  it('is asked for again when a deal is in a stage that was added meanwhile, and once a minute', async () => {
    let known = ['a'];
    const stagesOf = () => known.map((id) => ({ id, metadata: { isClosed: 'false' } }));
    const deal = () => ({
      id: '1',
      updatedAt: '2026-09-01T00:00:00Z',
      propertiesWithHistory: {
        dealstage: known.map((value) => ({ value, timestamp: '2026-09-01T00:00:00Z' })),
      },
    });
    const { connector, portal, clock } = await setUp((call) => ({
      status: 200,
      json: { results: call.method === 'GET' ? [{ id: 'p', stages: stagesOf() }] : [deal()] },
    }));
    const read = async (): Promise<number> => {
      await connector.readDeals('deals', ['1'], [], soon());
      return portal.calls.filter(({ method }) => method === 'GET').length;
    };
    expect([await read(), await read()]).toEqual([1, 1]);
    known = ['b', 'a'];
    expect([await read(), await read()]).toEqual([2, 2]);
    clock.advance(61_000);
    expect(await read()).toBe(3);
  });
});

describe('where a connection may point', () => {
  it.each([
    [{}, true],
    [{ baseUrl: 'https://api-eu1.hubapi.com' }, true],
    [{ baseUrl: 'http://127.0.0.1:4000', sandbox: true }, true],
    [{ baseUrl: 'http://127.0.0.1:4000' }, false],
    [{ baseUrl: 'http://api.hubapi.com' }, false],
    [{ baseUrl: 'https://api.hubapi.com.evil.example' }, false],
    [{ baseUrl: 'https://api.hubapi.com@evil.example' }, false],
    [{ baseUrl: 'https://api.hubapi.com:8443' }, false],
    [{ baseUrl: 'https://169.254.169.254', sandbox: true }, false],
    [{ baseUrl: 'https://api.hubapi.com', sandbox: true }, false],
  ])('%j is allowed: %s', (settings, allowed) => {
    expect(hubspot.settings.safeParse(settings).success).toBe(allowed);
  });

  it("links to the record's page in the portal's own region", () => {
    const settings = hubspot.settings.parse({ baseUrl: 'https://api-eu1.hubapi.com', portalId: '41' });
    expect(hubspot.recordUrl(settings, 'deals', '9')).toBe(
      'https://app-eu1.hubspot.com/contacts/41/record/0-3/9',
    );
  });
});
