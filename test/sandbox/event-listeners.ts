/** Listeners for tests: the usual client, unmodified, and the bare protocol for what that client would not send. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  credentials as channel,
  loadPackageDefinition,
  Metadata,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import PubSubApiClient from 'salesforce-pubsub-api-client';
import type { OpenOrg } from './salesforce-org.ts';

export const OPPORTUNITIES = '/data/OpportunityChangeEvent';

export interface Header {
  entityName: string;
  recordIds: string[];
  changeType: string;
  changeOrigin: string;
  transactionKey: string;
  sequenceNumber: number;
  commitTimestamp: number;
  commitUser: string;
  changedFields: string[];
  nulledFields: string[];
  diffFields: string[];
}

export interface Received {
  id: string;
  schemaId: string;
  replayId: number;
  payload: Record<string, unknown> & { ChangeEventHeader: Header };
}

export interface StreamError {
  code?: number;
  details?: string;
  metadata?: { get(name: string): unknown[] };
}

export interface Listener {
  events: Received[];
  errors: StreamError[];
  /** The newest replay ids that keepalives named. */
  keepalives: number[];
  ended: boolean;
  client: InstanceType<typeof PubSubApiClient>;
  onEvent?: (event: Received) => void;
  close(): void;
}

export interface Start {
  from?: number | 'earliest';
  topic?: string;
  /** Events asked for; without it the client asks for more for ever. */
  count?: number;
  accessToken?: string;
  organizationId?: string;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The usual client, connected. */
export async function connectClient(org: OpenOrg, { accessToken, organizationId }: Start = {}) {
  const client = new PubSubApiClient(
    {
      authType: 'user-supplied',
      accessToken: accessToken ?? (await org.token()),
      instanceUrl: org.sandbox.url.replace('http:', 'https:'),
      organizationId: organizationId ?? org.sandbox.credentials.organizationId,
      pubSubEndpoint: org.sandbox.pubsubEndpoint,
      rejectUnauthorizedSsl: false,
    },
    SILENT as never,
  );
  await client.connect();
  return client;
}

/** Subscribes with the usual client, and returns once the stream is open (or refused): later writes will be heard. */
export async function listen(org: OpenOrg, start: Start = {}): Promise<Listener> {
  const { from, topic = OPPORTUNITIES, count = null } = start;
  const client = await connectClient(org, start);
  const heard: Listener = {
    events: [],
    errors: [],
    keepalives: [],
    ended: false,
    client,
    close: () => client.close(),
  };
  const callback = (info: { lastReplayId?: number }, type: string, data: unknown): void => {
    // Until it has the schema the client hands events on in any order.
    if (type === 'event') {
      heard.events = [...heard.events, data as Received].sort((a, b) => a.replayId - b.replayId);
      heard.onEvent?.(data as Received);
    }
    if (type === 'error') heard.errors.push(data as StreamError);
    else if (type === 'grpcKeepAlive') heard.keepalives.push(info.lastReplayId ?? 0);
    else if (type === 'end') heard.ended = true;
  };
  const before = (await openStreams(org)).length;
  if (from === 'earliest') client.subscribeFromEarliestEvent(topic, callback as never, count);
  else if (from !== undefined) client.subscribeFromReplayId(topic, callback as never, count, from);
  else client.subscribe(topic, callback as never, count);
  await until(async () => heard.errors.length > 0 || (await openStreams(org)).length > before);
  return heard;
}

/** The streams on which a topic was subscribed to. */
export async function openStreams(org: OpenOrg): Promise<{ topic: string; position: number }[]> {
  const streams = (await org.admin('GET', '/streams')) as unknown as { topic?: string; position: number }[];
  return streams.filter((one): one is { topic: string; position: number } => one.topic !== undefined);
}

export interface BareRequest {
  topicName?: string;
  numRequested?: number;
  replayPreset?: 'LATEST' | 'EARLIEST' | 'CUSTOM';
  replayId?: Buffer;
}

export interface BareResponse {
  events: { event: { id: string; schemaId: string; payload: Buffer }; replayId: Buffer }[];
  latestReplayId: Buffer;
  rpcId: string;
  pendingNumRequested: number;
}

export interface BareStream {
  responses: BareResponse[];
  error: ServiceError | undefined;
  ended: boolean;
  send(request: BareRequest): void;
  /** Events of all responses so far. */
  count(): number;
}

interface Stub {
  Subscribe(metadata: Metadata): ClientDuplexStream<BareRequest, BareResponse>;
  GetTopic(
    request: object,
    metadata: Metadata,
    done: (error: ServiceError | null, answer: never) => void,
  ): void;
  GetSchema(
    request: object,
    metadata: Metadata,
    done: (error: ServiceError | null, answer: never) => void,
  ): void;
  close(): void;
}

/** The bare protocol. `headers` replaces the authentication metadata. */
export async function bareClient(org: OpenOrg, headers?: Record<string, string>) {
  const path = join(dirname(createRequire(import.meta.url).resolve('salesforce-pubsub-api-client')), '..');
  const definition = loadSync(join(path, 'pubsub_api.proto'), { defaults: true, enums: String });
  const loaded = loadPackageDefinition(definition) as unknown as {
    eventbus: { v1: { PubSub: new (endpoint: string, credentials: unknown) => Stub } };
  };
  const stub = new loaded.eventbus.v1.PubSub(
    org.sandbox.pubsubEndpoint,
    channel.createSsl(null, null, null, { rejectUnauthorized: false }),
  );
  const metadata = new Metadata();
  const own = {
    accesstoken: await org.token(),
    instanceurl: org.sandbox.url,
    tenantid: org.sandbox.credentials.organizationId,
  };
  for (const [name, value] of Object.entries(headers ?? own)) metadata.set(name, value);

  return {
    close: () => stub.close(),
    /** The answer, or the error it was refused with. */
    call: (
      name: 'GetTopic' | 'GetSchema',
      request: object,
    ): Promise<ServiceError | Record<string, unknown>> =>
      new Promise((resolve) => {
        stub[name](request, metadata, (error, answer) => resolve(error ?? answer));
      }),
    subscribe(first?: BareRequest): BareStream {
      const call = stub.Subscribe(metadata);
      const stream: BareStream = {
        responses: [],
        error: undefined,
        ended: false,
        send: (request) => void call.write(request),
        count: () => stream.responses.reduce((sum, response) => sum + response.events.length, 0),
      };
      call.on('data', (response: BareResponse) => stream.responses.push(response));
      call.on('error', (error: ServiceError) => {
        stream.error = error;
      });
      call.on('end', () => {
        stream.ended = true;
      });
      if (first !== undefined) call.write(first);
      return stream;
    },
  };
}

/** The last part of an error's `error-code` trailer. */
export function errorCode(error: StreamError | ServiceError | undefined): string | undefined {
  const code = error?.metadata?.get('error-code')[0];
  return code === undefined ? undefined : String(code).replace('sfdc.platform.eventbus.grpc.', '');
}

export function header(event: Received | undefined): Header {
  if (event === undefined) throw new Error('no event');
  return event.payload.ChangeEventHeader;
}

export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await done()) return;
    await sleep(10);
  }
  throw new Error('nothing happened in time');
}
