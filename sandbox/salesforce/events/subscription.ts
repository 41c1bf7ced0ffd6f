import { randomUUID } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Sandbox } from '../sandbox.ts';
import type { ChangeEvent } from './change-log.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { decodeReplayId, encodeEvent, encodeReplayId } from './encode-event.ts';
import { pubSubError, type PubSubError } from './pubsub-error.ts';
import type { Topic, Topics } from './topics.ts';

/** A client's wish for more events. */
export interface FetchRequest {
  topicName: string;
  /** 0 LATEST, 1 EARLIEST, 2 CUSTOM; honoured in the first request only. */
  replayPreset: number;
  replayId: Uint8Array;
  numRequested: number;
}

/** Events for a client, or, without any, a keepalive. */
export interface FetchResponse {
  events: { event: { id: string; schemaId: string; payload: Buffer }; replayId: Buffer }[];
  latestReplayId: Buffer;
  rpcId: string;
  pendingNumRequested: number;
}

export type SubscribeCall = ServerDuplexStream<FetchRequest, FetchResponse>;

/** Real time, in milliseconds: an open stream lives in it whatever the sandbox clock says. */
export interface StreamTiming {
  /** A keepalive is sent when nothing was for so long. */
  keepaliveMs: number;
  /** The stream is closed when the client wants nothing for so long. */
  idleMs: number;
}

/** The vendor's timing: a keepalive within 270 s, closed after 60 s without a pending request. */
export const VENDOR_TIMING: StreamTiming = { keepaliveMs: 270_000, idleMs: 60_000 };

const MAX_PENDING = 100;
const MAX_BATCH = 100;

/**
 * Serves one subscription until the client, an error or idleness ends it. Never sends more events than were asked for.
 * Returns how to end it from this side.
 */
export function serveSubscription(
  sandbox: Sandbox,
  topics: Topics,
  call: SubscribeCall,
  token: string,
  timing: StreamTiming,
): () => void {
  const rpcId = randomUUID();
  let topic: Topic | undefined;
  let deliveries: Deliveries | undefined;
  let pending = 0;
  let delivered = 0;
  let wakeScheduled = false;
  let timer: NodeJS.Timeout | undefined;
  const stopListening = sandbox.changes.onPublish(wake);

  function fail(error: PubSubError): void {
    close();
    call.emit('error', error);
  }

  function close(): void {
    stopListening();
    deliveries?.stop();
    clearTimeout(timer);
    deliveries = undefined;
  }

  function wake(): void {
    if (wakeScheduled) return;
    wakeScheduled = true;
    setImmediate(() => {
      wakeScheduled = false;
      deliver();
    });
  }

  function begin(request: FetchRequest): PubSubError | undefined {
    const found = topics.find(request.topicName);
    if (found === undefined) return pubSubError('topic.not.found');
    const start = startPosition(sandbox, request);
    if (typeof start !== 'number') return start;
    topic = found;
    delivered = start;
    deliveries = createDeliveries(sandbox.changes, sandbox.faults, found, start, wake);
    return undefined;
  }

  function onFetch(request: FetchRequest): void {
    if (request.numRequested <= 0) return fail(pubSubError('subscription.fetch.requested.events.invalid'));
    if (topic === undefined) {
      const refused = begin(request);
      if (refused !== undefined) return fail(refused);
    } else if (request.topicName !== '' && request.topicName !== topic.name) {
      return fail(pubSubError('subscription.fetch.topic.mismatch'));
    }
    pending = Math.min(pending + request.numRequested, MAX_PENDING);
    restartTimer();
    deliver();
  }

  function deliver(): void {
    if (deliveries === undefined || pending === 0) return;
    if (sandbox.sessions.find(token) === undefined) return fail(pubSubError('service.auth.error'));
    const events = deliveries.take(Math.min(pending, MAX_BATCH));
    if (events.length === 0) return;
    pending -= events.length;
    send(events);
    restartTimer();
    if (pending > 0) wake();
  }

  function send(events: readonly ChangeEvent[]): void {
    for (const event of events) delivered = Math.max(delivered, event.replayId);
    call.write({
      events: events.map((event) => encodeConsumerEvent(topics, event)),
      latestReplayId: encodeReplayId(delivered),
      rpcId,
      pendingNumRequested: pending,
    });
  }

  function restartTimer(): void {
    clearTimeout(timer);
    timer = pending > 0 ? setTimeout(keepAlive, timing.keepaliveMs) : setTimeout(endStream, timing.idleMs);
  }

  function keepAlive(): void {
    if (sandbox.sessions.find(token) === undefined) return fail(pubSubError('service.auth.error'));
    if (deliveries?.isCaughtUp() === true) delivered = Math.max(delivered, sandbox.changes.latest());
    send([]);
    restartTimer();
  }

  function endStream(): void {
    close();
    call.end();
  }

  call.on('data', onFetch);
  call.on('end', () => {
    close();
    call.end();
  });
  call.on('cancelled', close);
  call.on('close', close);
  return endStream;
}

/** Where to begin: a position in the log, or the error that refuses the request. */
function startPosition(sandbox: Sandbox, request: FetchRequest): number | PubSubError {
  const { changes } = sandbox;
  if (request.replayPreset === 0) return changes.latest();
  if (request.replayPreset === 1) return changes.earliest();
  if (request.replayId.length === 0) return pubSubError('subscription.fetch.replayid.validation.failed');
  const replayId = decodeReplayId(request.replayId);
  if (replayId === undefined || !changes.isKnown(replayId))
    return pubSubError('subscription.fetch.replayid.corrupted');
  return replayId;
}

function encodeConsumerEvent(topics: Topics, event: ChangeEvent): FetchResponse['events'][number] {
  const schema = topics.schemaOf(event);
  return {
    event: { id: randomUUID(), schemaId: schema.id, payload: encodeEvent(schema, event) },
    replayId: encodeReplayId(event.replayId),
  };
}
