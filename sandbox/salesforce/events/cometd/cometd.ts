import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { bearerToken } from '../../oauth/read-form.ts';
import type { Sessions } from '../../oauth/sessions.ts';
import type { SettingsHolder } from '../../org-settings.ts';
import type { DeliveryAllowance } from '../delivery-allowance.ts';
import type { Topics } from '../topics.ts';
import { findChannel, type ChannelOrg } from './channels.ts';
import { CONNECT_TIMEOUT_MS, createCometdClient, type CometdClient } from './client.ts';
import type { StreamingLog } from './streaming-log.ts';

/** What the service asks of the org. */
export interface CometdOrg extends ChannelOrg {
  readonly sessions: Sessions;
  readonly settings: SettingsHolder;
  readonly allowance: DeliveryAllowance;
}

/** A POST of one or several messages. */
interface CometdRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Their answers. */
interface CometdReply {
  status: number;
  body: object[];
  headers?: Record<string, string>;
  records: number;
}

/** The Streaming API: CometD over long-polling at `/cometd/{version}` (facts 1.8). */
export interface Cometd {
  /** Answers one POST; a connect may take as long as it is held. */
  answer(incoming: CometdRequest): Promise<CometdReply>;
  close(): void;
}

const messageSchema = z.looseObject({
  channel: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
  clientId: z.string().optional(),
  subscription: z.union([z.string(), z.array(z.string())]).optional(),
  advice: z.looseObject({ timeout: z.number().optional() }).nullish(),
  ext: z.looseObject({ replay: z.record(z.string(), z.number()).optional() }).nullish(),
});
const bodySchema = z.union([messageSchema.transform((one) => [one]), z.array(messageSchema).min(1)]);
type Message = z.infer<typeof messageSchema>;

const RETRY = { interval: 0, timeout: CONNECT_TIMEOUT_MS, reconnect: 'retry' };
const GIVE_UP = { interval: 0, reconnect: 'none' };
const HANDSHAKE_AGAIN = { interval: 0, reconnect: 'handshake' };
const DAILY_LIMIT = '403::Organization total events daily limit exceeded';
const CLIENT_LIMIT = '403::Organization concurrent user limit exceeded';
const BAD_TOKEN = '401::Authentication invalid';

/** Creates the service. `sandbox` is asked for its parts only once requests come. */
export function createCometd(sandbox: () => CometdOrg, topics: Topics, log: StreamingLog): Cometd {
  const clients = new Map<string, CometdClient>();

  async function answerOne(message: Message, token: string): Promise<object[]> {
    const reply = { channel: message.channel, ...(message.id === undefined ? {} : { id: message.id }) };
    if (message.channel === '/meta/handshake') return [handshake(reply, token)];
    const client = clients.get(message.clientId ?? '');
    if (client === undefined) return [refusal(reply, '403::Unknown client', HANDSHAKE_AGAIN)];
    const known = { ...reply, clientId: client.id };
    if (!isGood(token)) return [refusal(known, BAD_TOKEN, GIVE_UP)];
    switch (message.channel) {
      case '/meta/connect':
        return connect(known, client, message.advice?.timeout === 0);
      case '/meta/subscribe':
        return subscriptionsOf(message).map((name) => subscribe(known, client, name, message));
      case '/meta/unsubscribe':
        return subscriptionsOf(message).map((name) => {
          client.unsubscribe(name);
          return { ...known, subscription: name, successful: true };
        });
      case '/meta/disconnect':
        client.close();
        clients.delete(client.id);
        return [{ ...known, successful: true }];
      default:
        return [refusal(known, '403:denied_by_security_policy:publish_denied')];
    }
  }

  function isGood(token: string): boolean {
    return sandbox().sessions.find(token) !== undefined;
  }

  function handshake(reply: object, token: string): object {
    const full = clients.size >= sandbox().settings.current.cometdMaxClients;
    if (full || !isGood(token)) {
      const ext = { ...FEATURES, sfdc: { failureReason: full ? CLIENT_LIMIT : BAD_TOKEN } };
      return { ...refusal(reply, '403::Handshake denied', GIVE_UP), ext };
    }
    const id = randomBytes(12).toString('hex');
    const { clock, allowance } = sandbox();
    const client = createCometdClient(id, token, clock, allowance, () => clients.delete(id));
    clients.set(id, client);
    return {
      ...reply,
      clientId: id,
      version: '1.0',
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      successful: true,
      ext: FEATURES,
      advice: RETRY,
    };
  }

  async function connect(reply: object, client: CometdClient, atOnce: boolean): Promise<object[]> {
    const { messages, exhausted } = await client.connect(atOnce);
    if (exhausted) return [...messages, refusal(reply, DAILY_LIMIT, GIVE_UP)];
    if (!isGood(client.token)) return [...messages, refusal(reply, BAD_TOKEN, GIVE_UP)];
    return [...messages, { ...reply, successful: true, advice: RETRY }];
  }

  function subscribe(reply: object, client: CometdClient, name: string, message: Message): object {
    const about = { ...reply, subscription: name };
    if (sandbox().allowance.isUsedUp()) return refusal(about, DAILY_LIMIT);
    const channel = findChannel(sandbox(), topics, log, name);
    if (channel === undefined) return refusal(about, '403:denied_by_security_policy:create_denied');
    const replayId = message.ext?.replay?.[name] ?? -1;
    const position = channel.position(replayId);
    if (position === undefined) return refusal(about, invalidReplayId(replayId));
    client.subscribe(name, channel, position);
    return { ...about, successful: true };
  }

  return {
    async answer(incoming) {
      const parsed = bodySchema.safeParse(parseJson(incoming.body.toString()));
      if (!parsed.success) return { status: 400, body: [], records: 0 };
      const token = bearerToken(incoming.headers['authorization']) ?? '';
      const replies: object[] = [];
      // A connect may be held: what came along with it is not kept waiting.
      for (const message of inOrder(parsed.data)) replies.push(...(await answerOne(message, token)));
      return { status: 200, body: replies, headers: cookies(incoming), records: 0 };
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

const FEATURES = { replay: true, 'payload.format': true };

/** A connect after all that does not wait; a disconnect after it, and such a connect does not wait either. */
function inOrder(messages: readonly Message[]): Message[] {
  const of = (name: string) => messages.filter(({ channel }) => channel === name);
  const leaving = of('/meta/disconnect');
  const connects = of('/meta/connect').map((one) =>
    leaving.length > 0 ? { ...one, advice: { timeout: 0 } } : one,
  );
  const others = messages.filter(({ channel }) => !['/meta/connect', '/meta/disconnect'].includes(channel));
  return [...others, ...connects, ...leaving];
}

function invalidReplayId(replayId: number): string {
  return `400::The replayId {${replayId}} you provided was invalid. Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`;
}

function refusal(reply: object, error: string, advice?: object): object {
  return { ...reply, successful: false, error, ...(advice === undefined ? {} : { advice }) };
}

function subscriptionsOf(message: Message): string[] {
  return [message.subscription ?? []].flat();
}

/** A client keeps the cookies it is given, and shows them each time. */
function cookies({ headers }: CometdRequest): Record<string, string> {
  if (/BAYEUX_BROWSER=/.test(headers.cookie ?? '')) return {};
  return { 'set-cookie': `BAYEUX_BROWSER=${randomBytes(12).toString('hex')}; Path=/; HttpOnly` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
