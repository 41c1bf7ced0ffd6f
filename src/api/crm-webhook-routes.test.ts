import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { HubspotSettings } from '../../connectors/hubspot/config.ts';
import { webhook } from '../../connectors/hubspot/listen.ts';
import { signatureV1, signatureV3 } from '../../sandbox/hubspot/webhooks/signature.ts';
import { serveApi, type Answered, type ServedApi } from '../../test/fixtures/api.ts';
import { recordingContext, type RecordingContext } from '../../test/fixtures/deals.ts';
import { addConnection } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { crmWebhookRoutes, type CrmWebhookTarget } from './crm-webhook-routes.ts';

const secret = 'the-client-secret';
const publicUrl = 'https://tributary.example.com';
let test: TestDatabase;
let context: RecordingContext;
let app: ServedApi;
let connectionId = '';
let settings: HubspotSettings;
let wakes = 0;
let known: CrmWebhookTarget | null = null;
let lookups = 0;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  context = recordingContext();
  connectionId = await addConnection(test.db);
  settings = HubspotSettings.parse({});
  wakes = 0;
  known = null;
  lookups = 0;
  const port = {
    remembered: () => known,
    targetOf: async (id: string) => {
      lookups += 1;
      return id === connectionId ? { receiver: webhook, secrets: ['newer', secret], settings } : null;
    },
    publicUrl: () => publicUrl,
    stored: () => void (wakes += 1),
  };
  app = await serveApi(test.db, context, { routeGroups: [crmWebhookRoutes(port)] });
});
afterEach(() => app.close());

const path = (): string => `/v1/webhooks/crm/${connectionId}`;

function send(body: string, headers: Record<string, string> = signed(body)): Promise<Answered> {
  return app.call({ method: 'POST', url: path(), headers, payload: body });
}

function signed(body: string, with_ = secret): Record<string, string> {
  const stamp = String(context.clock.now().getTime());
  const request = { method: 'POST', uri: `${publicUrl}${path()}`, body };
  return {
    'content-type': 'application/json',
    'x-hubspot-signature-v3': signatureV3(with_, request, stamp),
    'x-hubspot-request-timestamp': stamp,
  };
}

async function storedBodies(): Promise<string[]> {
  const rows = await test.db.query<{ body: Buffer }>(
    'SELECT body FROM inbox_messages WHERE connection_id = $1 ORDER BY id',
    [connectionId],
  );
  return rows.map(({ body }) => body.toString());
}

const events = (count: number): string =>
  JSON.stringify(Array.from({ length: count }, (_none, eventId) => ({ eventId, portalId: 1 })));

it('keeps a hundred events byte for byte before it answers, under either secret', async () => {
  const body = ` ${events(100)}\n`;
  expect((await send(body)).statusCode).toBe(204);
  expect((await send(body, signed(body, 'newer'))).statusCode).toBe(204);
  expect({ stored: await storedBodies(), wakes }).toEqual({ stored: [body, body], wakes: 2 });
});

it.each([
  ['a hundred and one events', events(101), '101 events'],
  ['no array', '{"eventId":1}', 'not a JSON array of events'],
  ['no JSON', 'hello', 'not a JSON array of events'],
])('keeps nothing of %s, says why and logs it', async (_what, body, reason) => {
  const answer = await send(body);
  expect(answer.statusCode).toBe(400);
  expect(answer.body).toContain(reason);
  expect({ stored: await storedBodies(), wakes }).toEqual({ stored: [], wakes: 0 });
});

it('does not read, nor say anything about, what is not signed', async () => {
  const answer = await send(events(101), { 'content-type': 'application/json' });
  expect(answer.statusCode).toBe(401);
  expect(answer.body).not.toContain('events');
  expect(await storedBodies()).toEqual([]);
});

it('takes version 1 only where the connection chose it', async () => {
  const body = events(1);
  const headers = { 'content-type': 'application/json', 'x-hubspot-signature': signatureV1(secret, body) };
  expect((await send(body, headers)).statusCode).toBe(401);
  settings = HubspotSettings.parse({ webhookSignature: 'v1' });
  expect((await send(body, headers)).statusCode).toBe(204);
});

it('takes what fits the secrets of a moment ago without asking again, and refuses only by those of now', async () => {
  known = { receiver: webhook, secrets: ['of a moment ago'], settings };
  const body = events(1);
  expect((await send(body, signed(body, 'of a moment ago'))).statusCode).toBe(204);
  expect(lookups).toBe(0);
  expect((await send(body, signed(body, 'newer'))).statusCode).toBe(204);
  expect((await send(body, signed(body, "a stranger's"))).statusCode).toBe(401);
  expect({ stored: (await storedBodies()).length, lookups }).toEqual({ stored: 2, lookups: 2 });
});
