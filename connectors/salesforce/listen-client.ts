/**
 * The Pub/Sub API over gRPC, with the official protocol file that ships in salesforce-pubsub-api-client.
 * Not through that package's client (5.5.2), because it cannot end a subscription: its `close()` removes the listeners
 * of a stream that goes on, and the stream's later failure then ends the whole process (tried: see README). It also
 * reads replay ids as numbers, and they are opaque bytes.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  credentials as channelCredentials,
  loadPackageDefinition,
  Metadata,
  type ClientDuplexStream,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Session } from './auth.ts';
import { brokenStream } from './errors.ts';

export interface ConsumerEvent {
  event: { schemaId: string; payload: Buffer };
  replayId: Buffer;
}

export interface FetchResponse {
  events: readonly ConsumerEvent[];
  latestReplayId: Buffer;
  /** Events asked for and not delivered yet. At 0 the server ends the stream unless more are asked for within 60 s. */
  pendingNumRequested: number;
}

export type StartAt = { preset: 'LATEST' | 'EARLIEST' } | { preset: 'CUSTOM'; replayId: Buffer };

export interface Subscription {
  /** Responses in order; failures of the stream are thrown as gRPC errors: see `readStreamError`. */
  responses: AsyncIterator<FetchResponse>;
  fetch(events: number): void;
  cancel(): void;
}

export interface EventBus {
  subscribe(topic: string, startAt: StartAt, events: number): Subscription;
  /** The Avro schema of events, as JSON text. @throws UnknownSchema, or SyncError when asking failed */
  schema(schemaId: string): Promise<string>;
  /** Whether the topic can be subscribed to. @throws SyncError when it could not be asked */
  hasTopic(topic: string): Promise<boolean>;
  close(): void;
}

/** The org has no schema of this id (any more): asking again would not help. */
export class UnknownSchema extends Error {
  constructor(schemaId: string) {
    super(`the org knows no event schema ${schemaId}`);
    this.name = 'UnknownSchema';
  }
}

const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const INVALID_ARGUMENT = 3;
const SCHEMA_TIMEOUT_MS = 20_000;

interface FetchRequest {
  topicName: string;
  numRequested: number;
  replayPreset?: string;
  replayId?: Buffer;
}

interface PubSubStub {
  Subscribe(): ClientDuplexStream<FetchRequest, FetchResponse>;
  GetSchema(
    request: { schemaId: string },
    options: { deadline: number },
    done: (error: ServiceError | null, answer?: { schemaJson: string }) => void,
  ): void;
  GetTopic(
    request: { topicName: string },
    options: { deadline: number },
    done: (error: ServiceError | null, answer?: { canSubscribe: boolean }) => void,
  ): void;
  close(): void;
}

type PubSubStubClass = new (
  endpoint: string,
  credentials: ReturnType<typeof channelCredentials.createSsl>,
  options: ClientOptions,
) => PubSubStub;

/** Always TLS. Only a local sandbox may show a certificate of its own making. */
export function openEventBus(endpoint: string, session: Session, sandbox: boolean): EventBus {
  const Stub = loadStub();
  const secure = channelCredentials.createSsl(null, null, null, { rejectUnauthorized: !sandbox });
  const perCall = channelCredentials.createFromMetadataGenerator((_call, done) =>
    done(null, authMetadata(session)),
  );
  const stub = new Stub(endpoint, channelCredentials.combineChannelCredentials(secure, perCall), {
    'grpc.max_receive_message_length': 8 * 1024 * 1024,
  });
  return {
    subscribe: (topic, startAt, events) => subscribe(stub, topic, startAt, events),
    schema: (schemaId) => readSchema(stub, schemaId),
    hasTopic: (topic) => hasTopic(stub, topic),
    close: () => stub.close(),
  };
}

function authMetadata(session: Session): Metadata {
  const metadata = new Metadata();
  metadata.set('accesstoken', session.accessToken);
  metadata.set('instanceurl', session.instanceUrl);
  metadata.set('tenantid', session.organizationId);
  return metadata;
}

function subscribe(
  stub: PubSubStub,
  topicName: string,
  startAt: StartAt,
  numRequested: number,
): Subscription {
  const stream = stub.Subscribe();
  // A failure between two reads has no reader yet; without a listener it would end the process.
  stream.on('error', () => undefined);
  const position = startAt.preset === 'CUSTOM' ? { replayId: startAt.replayId } : {};
  stream.write({ topicName, numRequested, replayPreset: startAt.preset, ...position });
  return {
    responses: stream[Symbol.asyncIterator]() as AsyncIterator<FetchResponse>,
    fetch: (events) => void stream.write({ topicName, numRequested: events }),
    cancel: () => stream.cancel(),
  };
}

function readSchema(stub: PubSubStub, schemaId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    stub.GetSchema({ schemaId }, { deadline: Date.now() + SCHEMA_TIMEOUT_MS }, (error, answer) => {
      if (answer) return resolve(answer.schemaJson);
      const failure = readStreamError(error) ?? { code: 2, reason: undefined, details: 'no schema' };
      const isUnknown = failure.code === NOT_FOUND || failure.code === INVALID_ARGUMENT;
      reject(isUnknown ? new UnknownSchema(schemaId) : brokenStream(failure));
    });
  });
}

/** A topic that is not selected is answered with NOT_FOUND or PERMISSION_DENIED: facts 1.7 name both. */
function hasTopic(stub: PubSubStub, topicName: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stub.GetTopic({ topicName }, { deadline: Date.now() + SCHEMA_TIMEOUT_MS }, (error, answer) => {
      if (answer) return resolve(answer.canSubscribe);
      const failure = readStreamError(error) ?? { code: 2, reason: undefined, details: 'no topic' };
      if (failure.code === NOT_FOUND || failure.code === PERMISSION_DENIED) return resolve(false);
      reject(brokenStream(failure));
    });
  });
}

export interface StreamFailure {
  /** gRPC status. */
  code: number;
  /** What Salesforce puts into the `error-code` trailer (facts 1.7). */
  reason: string | undefined;
  details: string;
}

/** Null for an error that is not gRPC's. */
export function readStreamError(error: unknown): StreamFailure | null {
  if (!isServiceError(error)) return null;
  const reason = error.metadata.get('error-code')[0];
  return {
    code: error.code,
    reason: reason === undefined ? undefined : String(reason),
    details: error.details,
  };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}

let stubClass: PubSubStubClass | undefined;

function loadStub(): PubSubStubClass {
  if (stubClass) return stubClass;
  const definition = loadSync(protocolFile(), { defaults: true, enums: String });
  const loaded: unknown = loadPackageDefinition(definition);
  stubClass = (loaded as { eventbus: { v1: { PubSub: PubSubStubClass } } }).eventbus.v1.PubSub;
  return stubClass;
}

function protocolFile(): string {
  const main = createRequire(import.meta.url).resolve('salesforce-pubsub-api-client');
  return join(dirname(main), '..', 'pubsub_api.proto');
}
