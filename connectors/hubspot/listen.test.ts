import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { WebhookRequest } from '../../src/crm/connector.ts';
import { HubspotSettings } from './config.ts';
import { webhook } from './listen.ts';

const SECRET = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const URL = 'https://www.example.com/webhook_uri';
const BODY = Buffer.from("{'example_field':'example_value'}");

function request(headers: Record<string, string>, change: Partial<WebhookRequest> = {}): WebhookRequest {
  return { method: 'POST', url: URL, rawBody: BODY, headers, ...change };
}

function v3(signature: string, timestamp: string): Record<string, string> {
  return { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': timestamp };
}

function sign(source: string): string {
  return createHmac('sha256', SECRET).update(source).digest('base64');
}

describe("the known answers for HubSpot's webhook signatures", () => {
  it.each([
    ['15000000', 'HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw='],
    ['1693657560000', 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y='],
  ])('accepts version 3 stamped %s', (timestamp, signature) => {
    expect(
      webhook.refuse(request(v3(signature, timestamp)), [SECRET], new Date(Number(timestamp))),
    ).toBeNull();
  });

  it.each([
    ['1', '69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750'],
    ['2', '4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383'],
  ])('recognises version %s and refuses it, because it can be sent again', (_version, signature) => {
    const old = request({ 'x-hubspot-signature': signature });
    expect(webhook.refuse(old, [SECRET], new Date())).toMatch(/^signed by HubSpot, but with version 1 or 2/);
    expect(webhook.refuse(old, ['another'], new Date())).toMatch(/nor genuine/);
  });
});

describe('version 1, which private apps sign with', () => {
  const signature = '69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750';
  const settings = HubspotSettings.parse({ webhookSignature: 'v1' });
  const refuse = (wanted: WebhookRequest, secrets = [SECRET]): string | null =>
    webhook.refuse(wanted, secrets, new Date(), settings);

  it('is accepted where the connection chose it, under either secret while one replaces the other', () => {
    expect(refuse(request({ 'x-hubspot-signature': signature }))).toBeNull();
    expect(refuse(request({ 'x-hubspot-signature': signature }), ['new secret', SECRET])).toBeNull();
  });

  it('is refused with another body or secret, and never makes up for a version 3 that does not fit', () => {
    expect(
      refuse(request({ 'x-hubspot-signature': signature }, { rawBody: Buffer.from('[]') })),
    ).not.toBeNull();
    expect(refuse(request({ 'x-hubspot-signature': signature }), ['another'])).not.toBeNull();
    expect(refuse(request({ 'x-hubspot-signature': signature }), [])).not.toBeNull();
    const both = { 'x-hubspot-signature': signature, ...v3('AAAA', String(Date.now())) };
    expect(refuse(request(both))).toMatch(/does not fit/);
  });

  it('does not let version 2 in', () => {
    const v2 = '4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383';
    expect(refuse(request({ 'x-hubspot-signature': v2 }))).toMatch(/version 3 is required/);
  });
});

describe('refusing a webhook', () => {
  const stamp = '1693657560000';
  const now = new Date(Number(stamp));
  const genuine = v3('K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=', stamp);

  it('refuses a changed body, method or address, and a request that is not signed', () => {
    const changes: Partial<WebhookRequest>[] = [
      { rawBody: Buffer.from('[]') },
      { method: 'PUT' },
      { url: `${URL}/` },
    ];
    for (const change of changes)
      expect(webhook.refuse(request(genuine, change), [SECRET], now)).toMatch(/does not fit/);
    expect(webhook.refuse(request({}), [SECRET], now)).toBe('not signed');
  });

  it('accepts what is five minutes off and refuses what is more, in the past and in the future', () => {
    for (const side of [-1, 1]) {
      expect(webhook.refuse(request(genuine), [SECRET], new Date(Number(stamp) + side * 300_000))).toBeNull();
      expect(webhook.refuse(request(genuine), [SECRET], new Date(Number(stamp) + side * 300_001))).toMatch(
        /^the timestamp is/,
      );
    }
  });

  it.each(['', 'NaN', '1e12', '0x18a', ' 1693657560000', '-1693657560000', '16936575600001693657560000'])(
    'refuses the timestamp "%s" even when it is signed',
    (timestamp) => {
      const headers = v3(sign(`POST${URL}${BODY.toString()}${timestamp}`), timestamp);
      expect(webhook.refuse(request(headers), [SECRET], now)).toBe(
        'the timestamp is not a number of milliseconds',
      );
    },
  );

  it('accepts an old and a new secret while they are being rotated, and none when there is none', () => {
    expect(webhook.refuse(request(genuine), ['new secret', SECRET], now)).toBeNull();
    expect(webhook.refuse(request(genuine), [], now)).toMatch(/no client secret/);
  });

  it('undoes exactly the escapes that HubSpot undoes before signing', () => {
    const signedUri = "https://t.example/h?to=https://a.example/!$'()*,;@&kept=%20%2B%25%3D";
    const calledUrl =
      'https://t.example/h%3Fto=https%3A%2F%2Fa.example%2F%21%24%27%28%29%2A%2C%3B%40&kept=%20%2B%25%3D';
    const headers = v3(sign(`POST${signedUri}${BODY.toString()}${stamp}`), stamp);
    expect(webhook.refuse(request(headers, { url: calledUrl }), [SECRET], now)).toBeNull();
  });

  it('finds the headers however they are written', () => {
    const headers = {
      'X-HubSpot-Signature-v3': genuine['x-hubspot-signature-v3'] ?? '',
      'X-HubSpot-Request-Timestamp': stamp,
    };
    expect(webhook.refuse(request(headers), [SECRET], now)).toBeNull();
  });
});

describe('reading a webhook', () => {
  const event = { portalId: 41, subscriptionId: 7, eventId: 1, occurredAt: 1, attemptNumber: 0, appId: 900 };
  const parse = (...events: unknown[]) => webhook.parse(Buffer.from(JSON.stringify(events)), '900');

  it('reads what happened to deals, in the order received', () => {
    const { hints, bad } = parse(
      { ...event, subscriptionType: 'deal.creation', objectId: 1 },
      {
        ...event,
        subscriptionType: 'deal.propertyChange',
        objectId: 2,
        propertyName: 'dealstage',
        propertyValue: 'closedwon',
      },
      { ...event, subscriptionType: 'deal.deletion', objectId: 3 },
      { ...event, subscriptionType: 'deal.restore', objectId: 3 },
      {
        ...event,
        eventType: 'object.propertyChange',
        objectTypeId: '0-3',
        objectId: 4,
        propertyName: 'amount',
      },
    );
    expect(bad).toEqual([]);
    expect(hints.map(({ crmId, change, fields }) => [crmId, change, fields])).toEqual([
      ['1', 'created', []],
      ['2', 'updated', ['dealstage']],
      ['3', 'deleted', []],
      ['3', 'undeleted', []],
      ['4', 'updated', ['amount']],
    ]);
    expect(new Set(hints.map(({ accountId }) => accountId))).toEqual(new Set(['41']));
  });

  it('points at every record of a merge', () => {
    const merge = { primaryObjectId: 5, mergedObjectIds: [6, 7], newObjectId: 8, objectId: 5 };
    const { hints } = parse({ ...event, subscriptionType: 'deal.merge', ...merge });
    expect(hints.map(({ crmId, change }) => `${change} ${crmId}`)).toEqual([
      'merged 5',
      'merged 6',
      'merged 7',
      'merged 8',
    ]);
  });

  it('takes a change for ours only when it came through our own app', () => {
    const change = { ...event, subscriptionType: 'deal.propertyChange', objectId: 2, propertyName: 'amount' };
    const { hints } = parse(
      { ...change, changeSource: 'INTEGRATION', sourceId: '900' },
      { ...change, changeSource: 'INTEGRATION', sourceId: '901' },
      { ...change, changeSource: 'CRM_UI', sourceId: 'userId:900' },
      { ...change, changeSource: 'AUTOMATION_PLATFORM', sourceId: '900' },
      { ...change, changeSource: 'INTEGRATION' },
    );
    expect(hints.map(({ ours }) => ours)).toEqual([true, false, false, false, false]);
  });

  it('points at the deal of an association that came or went, never as an echo of ours', () => {
    const joined = { ...event, subscriptionType: 'deal.associationChange', associationRemoved: false };
    const ours = { changeSource: 'INTEGRATION', sourceId: '900' };
    const { hints, bad } = parse(
      { ...joined, ...ours, fromObjectId: 1, toObjectId: 2, associationType: 'DEAL_TO_COMPANY' },
      {
        ...{ ...event, subscriptionType: 'company.associationChange', associationRemoved: true },
        ...{ fromObjectId: 2, toObjectId: 3, associationType: 'COMPANY_TO_DEAL' },
      },
      { ...joined, fromObjectId: 8, toObjectId: 9, associationType: 'CONTACT_TO_COMPANY' },
      { ...joined, toObjectId: 9, associationType: 'DEAL_TO_COMPANY' },
    );
    expect(hints.map(({ crmId, change, fields }) => [crmId, change, fields])).toEqual([
      ['1', 'updated', []],
      ['3', 'updated', []],
    ]);
    expect(bad.map(({ reason }) => reason)).toEqual(['fromObjectId: missing']);
  });

  it('knows the repetition of an event, and tells events apart that share their number', () => {
    const change = { ...event, subscriptionType: 'deal.propertyChange', objectId: 2, propertyName: 'amount' };
    const { hints } = parse(
      change,
      { ...change, attemptNumber: 4 },
      { ...change, propertyName: 'dealstage' },
      { ...change, occurredAt: 2 },
    );
    const [first, again, ...others] = hints.map(({ eventKey }) => eventKey);
    expect(first).toBeDefined();
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  it('passes over other objects without calling them bad', () => {
    const { hints, bad } = parse(
      { ...event, subscriptionType: 'contact.creation', objectId: 1 },
      { ...event, subscriptionType: 'object.creation', objectTypeId: '0-1', objectId: 1 },
    );
    expect({ hints, bad }).toEqual({ hints: [], bad: [] });
  });

  it('returns bad elements with the reason and keeps their neighbours', () => {
    const good = { ...event, subscriptionType: 'deal.creation', objectId: 1 };
    const { hints, bad } = parse(
      null,
      'x',
      { ...good, portalId: null },
      good,
      { ...good, objectId: {} },
      event,
      {
        ...event,
        subscriptionType: 'deal.creation',
      },
    );
    expect(hints.map(({ crmId }) => crmId)).toEqual(['1']);
    expect(bad.map(({ reason }) => reason.split(':')[0])).toEqual([
      'event',
      'event',
      'portalId',
      'objectId',
      'subscriptionType',
      'objectId',
    ]);
  });

  it.each(['', 'nonsense', '{"subscriptionType":"deal.creation"}'])(
    'calls the body %s bad as a whole',
    (text) => {
      const { hints, bad } = webhook.parse(Buffer.from(text), undefined);
      expect(hints).toEqual([]);
      expect(bad).toEqual([{ element: text, reason: 'not a JSON array of events' }]);
    },
  );
});

describe('a body as a whole', () => {
  const events = (count: number): Buffer =>
    Buffer.from(JSON.stringify(Array.from({ length: count }, () => ({}))));

  it.each(['', 'nonsense', '{"subscriptionType":"deal.creation"}', 'null'])('refuses "%s"', (text) => {
    expect(webhook.malformed?.(Buffer.from(text))).toBe('not a JSON array of events');
  });

  it('takes a hundred events and no more', () => {
    expect(webhook.malformed?.(events(100))).toBeNull();
    expect(webhook.malformed?.(events(101))).toBe('101 events, and HubSpot sends 100 at most');
  });
});
