import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type GrpcObject,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Sandbox } from '../sandbox.ts';
import { admitCall, isRefusal } from './admit-call.ts';
import type { StreamServices, StreamTiming } from './event-stream.ts';
import { pubSubError, type PubSubError } from './pubsub-error.ts';
import { serveSubscription, topicNotFound, type SubscribeCall } from './subscription.ts';
import type { Topics } from './topics.ts';

/** Starts the Pub/Sub API: gRPC over TLS with the org's self-signed certificate. Port 0 = any free one. */
export async function startPubSubServer(
  sandbox: Sandbox,
  host: string,
  port: number,
  timing: StreamTiming,
): Promise<{ port: number; close(): Promise<void> }> {
  const services: StreamServices = { sandbox, timing };
  const server = new Server();
  server.addService(loadService(), {
    GetTopic: unary(sandbox, 'GetTopic', (request: { topicName: string }) => getTopic(sandbox, request)),
    GetSchema: unary(sandbox, 'GetSchema', (request: { schemaId: string }) =>
      getSchema(sandbox.topics, request),
    ),
    Subscribe: (call: SubscribeCall) => void subscribe(services, call),
  });
  const { tlsKey, tlsCertificate } = sandbox.credentials;
  const pair = { private_key: Buffer.from(tlsKey), cert_chain: Buffer.from(tlsCertificate) };
  // No client shows a certificate; without one to trust, node's whole list would be read at each start.
  const credentials = ServerCredentials.createSsl(pair.cert_chain, [pair]);
  const bound = await bind(server, `${host}:${port}`, credentials);
  return {
    port: bound,
    close: () => shutDown(server, sandbox),
  };
}

const SHUTDOWN_MS = 500;

/** Ends the streams in good order, so that no client takes it for a failure; whoever does not let go is cut off. */
function shutDown(server: Server, { streams }: Sandbox): Promise<void> {
  streams.endAll();
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

function getTopic(sandbox: Sandbox, request: { topicName: string }): object | PubSubError {
  if (request.topicName === '') return pubSubError('topic.validation.empty');
  const topic = sandbox.topics.find(request.topicName);
  if (topic === undefined) return topicNotFound(sandbox);
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
  if (request.schemaId === '') return pubSubError('schema.validation.failed');
  const schema = topics.schema(request.schemaId);
  if (schema === undefined) return pubSubError('schema.not.found');
  return { schemaJson: schema.json, schemaId: schema.id, rpcId: randomUUID() };
}

function unary<Q>(sandbox: Sandbox, name: string, answer: (request: Q) => object | PubSubError) {
  async function carryOut(call: ServerUnaryCall<Q, object>, callback: sendUnaryData<object>): Promise<void> {
    const admitted = await admitCall(sandbox, name, call.metadata);
    const result = typeof admitted === 'string' ? answer(call.request) : admitted;
    if (isRefusal(result)) callback(result);
    else callback(null, result);
  }
  return (call: ServerUnaryCall<Q, object>, callback: sendUnaryData<object>): void =>
    void carryOut(call, callback);
}

async function subscribe(services: StreamServices, call: SubscribeCall): Promise<void> {
  const { sandbox } = services;
  const admitted = await admitCall(sandbox, 'Subscribe', call.metadata);
  if (call.cancelled) return;
  if (typeof admitted !== 'string') return void call.emit('error', admitted);
  const { streams, settings } = sandbox;
  if (streams.count >= settings.current.pubSubMaxStreams) {
    return void call.emit('error', pubSubError('concurrent.client.limit.exceeded'));
  }
  const stream = serveSubscription(services, call, admitted);
  streams.add(stream);
  call.once('close', () => streams.delete(stream));
}
