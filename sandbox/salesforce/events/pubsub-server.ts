import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type GrpcObject,
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Sandbox } from '../sandbox.ts';
import { pubSubError, type PubSubError } from './pubsub-error.ts';
import { serveSubscription, type StreamTiming, type SubscribeCall } from './subscription.ts';
import { buildTopics, type Topics } from './topics.ts';

/** Starts the Pub/Sub API: gRPC over TLS with the org's self-signed certificate. Port 0 = any free one. */
export async function startPubSubServer(
  sandbox: Sandbox,
  host: string,
  port: number,
  timing: StreamTiming,
): Promise<{ port: number; close(): Promise<void> }> {
  const topics = buildTopics(sandbox.org.preset.schema);
  const streams = new Set<() => void>();
  const server = new Server();
  server.addService(loadService(), {
    GetTopic: unary(sandbox, 'GetTopic', (request: { topicName: string }) =>
      getTopic(sandbox, topics, request),
    ),
    GetSchema: unary(sandbox, 'GetSchema', (request: { schemaId: string }) => getSchema(topics, request)),
    Subscribe: (call: SubscribeCall) => subscribe(sandbox, topics, call, timing, streams),
  });
  const { tlsKey, tlsCertificate } = sandbox.credentials;
  const pair = { private_key: Buffer.from(tlsKey), cert_chain: Buffer.from(tlsCertificate) };
  const bound = await bind(server, `${host}:${port}`, ServerCredentials.createSsl(null, [pair]));
  return {
    port: bound,
    close: () => shutDown(server, streams),
  };
}

const SHUTDOWN_MS = 500;

/** Ends the streams in good order, so that no client takes it for a failure; whoever does not let go is cut off. */
function shutDown(server: Server, streams: ReadonlySet<() => void>): Promise<void> {
  for (const end of streams) end();
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), SHUTDOWN_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

/** Loads the official service definition that ships inside the client's package. */
function loadService(): ServiceClientConstructor['service'] {
  const client = createRequire(import.meta.url).resolve('salesforce-pubsub-api-client');
  const definition = loadSync(join(dirname(client), '..', 'pubsub_api.proto'), {
    defaults: true,
    longs: Number,
  });
  const loaded = loadPackageDefinition(definition) as { eventbus?: { v1?: GrpcObject } };
  const service = loaded.eventbus?.v1?.['PubSub'] as ServiceClientConstructor | undefined;
  if (service === undefined) throw new Error('pubsub_api.proto does not define eventbus.v1.PubSub');
  return service.service;
}

function getTopic(sandbox: Sandbox, topics: Topics, request: { topicName: string }): object | PubSubError {
  const topic = topics.find(request.topicName);
  if (topic === undefined) return pubSubError('topic.not.found');
  return {
    topicName: topic.name,
    tenantGuid: sandbox.credentials.organizationId,
    canPublish: false,
    canSubscribe: true,
    schemaId: topic.schema.id,
    rpcId: randomUUID(),
  };
}

function getSchema(topics: Topics, request: { schemaId: string }): object | PubSubError {
  const schema = topics.schema(request.schemaId);
  if (schema === undefined) return pubSubError('schema.not.found');
  return { schemaJson: schema.json, schemaId: schema.id, rpcId: randomUUID() };
}

function unary<Q>(sandbox: Sandbox, name: string, answer: (request: Q) => object | PubSubError) {
  return (call: ServerUnaryCall<Q, object>, callback: sendUnaryData<object>): void => {
    const admitted = admit(sandbox, name, call.metadata);
    const result = typeof admitted === 'string' ? answer(call.request) : admitted;
    if (isError(result)) callback(result);
    else callback(null, result);
  };
}

function subscribe(
  sandbox: Sandbox,
  topics: Topics,
  call: SubscribeCall,
  timing: StreamTiming,
  streams: Set<() => void>,
): void {
  const admitted = admit(sandbox, 'Subscribe', call.metadata);
  if (typeof admitted !== 'string') {
    call.emit('error', admitted);
    return;
  }
  const end = serveSubscription(sandbox, topics, call, admitted, timing);
  streams.add(end);
  call.once('close', () => streams.delete(end));
}

function isError(result: object): result is PubSubError {
  return 'metadata' in result && 'code' in result;
}

/** Lets a call in: logs it, asks the fault rules, checks who is calling. Returns the access token or the refusal. */
function admit(sandbox: Sandbox, name: string, metadata: Metadata): string | PubSubError {
  const endpoint = `GRPC ${name}`;
  const path = `/eventbus.v1.PubSub/${name}`;
  const token = String(metadata.get('accesstoken')[0] ?? '');
  const plan = sandbox.faults.plan({ method: 'GRPC', path, endpoint });
  if (plan.before?.kind === 'revoke-token') sandbox.sessions.revoke(token);
  const unavailable = plan.before !== undefined && plan.before.kind !== 'revoke-token';
  const refused = unavailable ? pubSubError('service.unavailable') : checkCaller(sandbox, metadata, token);
  sandbox.requests.add({
    at: sandbox.clock.ms(),
    requestId: randomUUID(),
    method: 'GRPC',
    path,
    endpoint,
    status: refused === undefined ? 200 : refused.code,
    records: 0,
    error: refused?.details,
  });
  return refused ?? token;
}

function checkCaller(sandbox: Sandbox, metadata: Metadata, token: string): PubSubError | undefined {
  const tenant = String(metadata.get('tenantid')[0] ?? '');
  const { organizationId } = sandbox.credentials;
  if (!isOwnInstance(sandbox.url, String(metadata.get('instanceurl')[0] ?? ''))) {
    return pubSubError('service.auth.headers.invalid');
  }
  if (tenant !== organizationId && tenant !== organizationId.slice(0, 15)) {
    return pubSubError('service.auth.headers.invalid');
  }
  return sandbox.sessions.find(token) === undefined ? pubSubError('service.auth.error') : undefined;
}

/**
 * The header must name this org's REST server. The scheme does not count: the usual client insists on https,
 * while the sandbox's REST server speaks plain http.
 */
function isOwnInstance(own: string, given: string): boolean {
  try {
    const [left, right] = [new URL(own), new URL(given)];
    const loopback = ['127.0.0.1', 'localhost'];
    return (
      left.port === right.port && (left.hostname === right.hostname || loopback.includes(right.hostname))
    );
  } catch {
    return false;
  }
}
