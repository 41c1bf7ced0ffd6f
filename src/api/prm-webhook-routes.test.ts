import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { bearer, serveApi } from '../../test/fixtures/api.ts';
import type { Answered, ServedApi } from '../../test/fixtures/api.ts';
import { addPartner, recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { processPrmEvents } from '../deals/process-prm-events.ts';
import { openDatabase } from '../platform/database/database.ts';
import { createLogger, silentLogger } from '../platform/logging.ts';

const oldSecret = `whsec_${Buffer.from('old secret of twenty-four').toString('base64')}`;
const newSecret = `whsec_${Buffer.from('new secret of twenty-four').toString('base64')}`;

describe('src/api/prm-webhook-routes', () => {
  let test: TestDatabase;
  let context: RecordingContext;
  let app: ServedApi;
  let run = 0;
  let source = '';

  beforeAll(async () => {
    test = await createTestDatabase();
    await addPartner(test.db, 'north');
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    context = recordingContext();
    run += 1;
    source = `prm-${run}`;
    app = await serveApi(test.db, context, { prmWebhookSecrets: { [source]: [newSecret, oldSecret] } });
  });
  afterEach(() => app.close());

  function headersFor(id: string, body: string | Buffer, secret = newSecret, at = context.clock.now()) {
    const signature = new Webhook(secret).sign(id, at, body);
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    };
  }
  function send(body: string | Buffer, headers: Record<string, string>, to = source): Promise<Answered> {
    return app.call({ method: 'POST', url: `/v1/intake/prm/${to}`, headers, payload: body });
  }
  function message(deals: unknown[], type = 'deal.registered'): string {
    return JSON.stringify({ type, timestamp: '2026-03-02T10:00:00Z', data: { deals } });
  }
  function deals() {
    return test.db.query<{ source_ref: string; status: string; version: number }>(
      'SELECT source_ref, status, version FROM deals WHERE source = $1 ORDER BY source_ref',
      [source],
    );
  }

  it('registers what a signed message carries, one deal or many', async () => {
    const one = JSON.stringify({ type: 'deal.registered', data: registration('W-0') });
    const many = message([registration('W-1'), registration('W-2')]);
    const answers = [
      await send(one, headersFor('m-0', one)),
      await send(many, headersFor('m-1', many, oldSecret)),
    ];

    expect(answers.map((answer) => [answer.statusCode, answer.json()])).toEqual([
      [202, { received: true, repeated: false }],
      [202, { received: true, repeated: false }],
    ]);
    expect((await deals()).map((deal) => deal.source_ref)).toEqual(['W-0', 'W-1', 'W-2']);
  });

  it('counts the same webhook id once, also when it comes many times at once', async () => {
    const body = message([registration('W-1')]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body, headersFor('m-1', body))));

    expect(answers.map((answer) => answer.statusCode)).toEqual(Array(20).fill(202));
    expect(answers.filter((answer) => answer.json()['repeated'] === false)).toHaveLength(1);
    expect(await deals()).toEqual([{ source_ref: 'W-1', status: 'submitted', version: 1 }]);
  });

  it('refuses what is not signed, signed by another, changed, or out of time, and keeps none of it', async () => {
    const body = message([registration('W-1')]);
    const good = headersFor('m-1', body);
    const unsigned: Record<string, string> = { ...good };
    delete unsigned['webhook-signature'];
    const foreign = headersFor(
      'm-1',
      body,
      `whsec_${Buffer.from('someone else entirely!!').toString('base64')}`,
    );
    const past = headersFor('m-1', body, newSecret, new Date(context.clock.now().getTime() - 301_000));
    const future = headersFor('m-1', body, newSecret, new Date(context.clock.now().getTime() + 301_000));
    const answers = [
      await send(body, unsigned),
      await send(body, foreign),
      await send(body.replace('1234.50', '9999.00'), good),
      await send(body, { ...good, 'webhook-id': 'm-2' }),
      await send(body, { ...good, 'webhook-signature': 'v1,' }),
      await send(body, { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v2,') }),
      await send(body, past),
      await send(body, future),
    ];

    expect(answers.map((answer) => answer.statusCode)).toEqual(Array(8).fill(401));
    for (const answer of answers) expect(answer.headers['content-type']).toMatch(/problem\+json/);
    expect((await send(body, good, 'nobody')).statusCode).toBe(404);
    expect(await test.db.query('SELECT 1 FROM intake_events WHERE source = $1', [source])).toEqual([]);
  });

  it('takes a message signed with several secrets, of which we know one', async () => {
    const body = message([registration('W-1')]);
    const good = headersFor('m-1', body);
    const both = `v1,${Buffer.alloc(32).toString('base64')} ${good['webhook-signature']}`;
    expect((await send(body, { ...good, 'webhook-signature': both })).statusCode).toBe(202);
  });

  it('parks a malformed element with its reason beside the good ones, until it is taken again', async () => {
    const body = message([
      registration('W-1'),
      registration('W-2', { partner: `new-${run}` }),
      7,
      registration('W-4'),
    ]);
    await send(body, headersFor('m-1', body));

    expect((await deals()).map((deal) => deal.source_ref)).toEqual(['W-1', 'W-4']);
    const { parked } = (await app.call({ url: '/v1/intake/parked', headers: bearer })).json<{
      parked: { id: string; source: string; position: number; reason: string }[];
    }>();
    const mine = parked.filter((element) => element.source === source);
    expect(mine).toMatchObject([
      { position: 1, reason: `/partner no partner has the key "new-${run}"` },
      { position: 2, reason: '(all) must be of type object, received number' },
    ]);

    await addPartner(test.db, `new-${run}`);
    const retry = (id = '') =>
      app.call({ method: 'POST', url: `/v1/intake/parked/${id}/retry`, headers: bearer });
    const answers = [await retry(mine[0]?.id), await retry(mine[1]?.id), await retry(mine[0]?.id)];

    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 404]);
    expect(answers[0]?.json()).toEqual({ outcome: 'registered' });
    expect(answers[1]?.json()).toMatchObject({ outcome: 'malformed' });
    expect((await deals()).map((deal) => deal.source_ref)).toEqual(['W-1', 'W-2', 'W-4']);
  });

  it.each([
    ['no JSON', '{"type":'],
    ['an unknown type', JSON.stringify({ type: 'deal.exploded', data: {} })],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x00, 0x22])],
    ['nothing at all', '""'],
  ])('keeps and parks a signed message that is %s, and does not ask for it again', async (_what, body) => {
    const raw = Buffer.from(body);
    const at = context.clock.now();
    const timestamp = String(Math.floor(at.getTime() / 1000));
    const signed = createHmac('sha256', 'new secret of twenty-four')
      .update(Buffer.concat([Buffer.from(`m-1.${timestamp}.`), raw]))
      .digest('base64');
    const answer = await send(raw, { ...headersFor('m-1', raw), 'webhook-signature': `v1,${signed}` });

    expect(answer.statusCode).toBe(202);
    const kept = await test.db.query(
      `SELECT e.body, e.processed_at IS NOT NULL AS processed, k.position, k.kind
         FROM intake_events e JOIN intake_parked k ON k.intake_event_id = e.id WHERE e.source = $1`,
      [source],
    );
    expect(kept).toEqual([{ body: raw, processed: true, position: -1, kind: 'message' }]);
  });

  it('withdraws a submitted deal, and parks the withdrawal of one that was decided', async () => {
    const registered = message([registration('W-1'), registration('W-2')]);
    await send(registered, headersFor('m-1', registered));
    await test.db.query("UPDATE deals SET status = 'approved' WHERE source = $1 AND source_ref = 'W-2'", [
      source,
    ]);
    const body = message(
      [{ ref: 'W-1', reason: 'customer left' }, { ref: 'W-2' }, { ref: 'W-9' }],
      'deal.withdrawn',
    );
    await send(body, headersFor('m-2', body));

    expect((await deals()).map((deal) => [deal.status, deal.version])).toEqual([
      ['withdrawn', 2],
      ['approved', 1],
    ]);
    const [event] = await test.db.query(
      "SELECT outcomes FROM intake_events WHERE source = $1 AND webhook_id = 'm-2'",
      [source],
    );
    expect(event).toEqual({ outcomes: { withdrawn: 1, parked: 2 } });
  });

  it('answers 202 and tries again later when a stored message cannot be processed yet', async () => {
    const registered = message([registration('W-1')]);
    await send(registered, headersFor('m-1', registered));
    await test.db.query("UPDATE deals SET status = 'approved' WHERE source = $1", [source]);
    const { dealsChanged } = context.outputs;
    context.outputs.dealsChanged = () => Promise.reject(new Error('the mirror is broken'));
    const body = message([registration('W-1', { amount: '7' })], 'deal.updated');

    const answer = await send(body, headersFor('m-2', body));
    expect(answer.statusCode).toBe(202);
    expect(await deals()).toMatchObject([{ version: 1 }]);

    context.outputs.dealsChanged = dealsChanged;
    expect(await processPrmEvents(test.db, context, silentLogger)).toBe(0);
    context.clock.advance(6_000);
    expect(await processPrmEvents(test.db, context, silentLogger)).toBe(1);
    expect(await deals()).toMatchObject([{ version: 2 }]);
  });

  it('parks a message as a whole when it fails every time', async () => {
    const body = message([registration('W-1')]);
    await test.db.query(
      `INSERT INTO intake_events (source, webhook_id, body, received_at, due_at) VALUES ($1, 'm-1', $2, $3, $3)`,
      [source, Buffer.from(body), context.clock.now()],
    );
    const broken = { ...context, rules: { ...context.rules, closeAfterDays: Number.NaN } };
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await processPrmEvents(test.db, broken, silentLogger);
      context.clock.advance(16 * 60_000);
    }
    const kept = await test.db.query(
      `SELECT e.attempts, k.reason FROM intake_events e JOIN intake_parked k ON k.intake_event_id = e.id WHERE source = $1`,
      [source],
    );
    expect(kept).toEqual([{ attempts: 12, reason: 'Processing failed every time: Invalid time value' }]);
  });

  it('says in the log why a message was refused: only the sender would know otherwise', async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    const logged = await serveApi(test.db, context, { prmWebhookSecrets: { [source]: [newSecret] }, logger });
    const body = message([registration('W-1')]);
    const late = headersFor('m-1', body, newSecret, new Date(context.clock.now().getTime() - 600_000));
    await logged.call({ method: 'POST', url: `/v1/intake/prm/${source}`, headers: late, payload: body });
    await logged.close();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('five minutes away');
    expect(lines[0]).toContain(source);
  });

  it('answers 503 while the database is down, so that the programme sends again', async () => {
    const url = new URL(test.url);
    url.port = '1';
    const db = openDatabase({
      url: url.toString(),
      maxConnections: 1,
      applicationName: 'down',
      logger: silentLogger,
    });
    const broken = await serveApi(db, context, { prmWebhookSecrets: { [source]: [newSecret] } });
    const body = message([registration('W-1')]);
    const answer = await broken.call({
      method: 'POST',
      url: `/v1/intake/prm/${source}`,
      headers: headersFor('m-1', body),
      payload: body,
    });
    await broken.close();
    await db.close();

    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
  });
});
