import { randomUUID } from 'node:crypto';
import type { Sandbox } from '../sandbox.ts';
import { eventId, type ChangeEvent } from './change-event.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { encodeEvent, encodeReplayId } from './encode-event.ts';
import { brokenStream, pubSubError, type PubSubError } from './pubsub-error.ts';
import type { Topic } from './topics.ts';

/** Events for a client, or, without any, a keepalive. */
export interface FetchResponse {
  events: { event: { id: string; schemaId: string; payload: Buffer }; replayId: Buffer }[];
  latestReplayId: Buffer;
  rpcId: string;
  pendingNumRequested: number;
}

/** Milliseconds by the sandbox clock. */
export interface StreamTiming {
  /** A keepalive is sent when nothing was for so long. */
  keepaliveMs: number;
  /** The stream is closed when the client wants nothing for so long. */
  idleMs: number;
}

/** The vendor's timing: a keepalive within 270 s, closed after 60 s without a pending request (facts 1.7). */
export const VENDOR_TIMING: StreamTiming = { keepaliveMs: 270_000, idleMs: 60_000 };

/** What all streams of an org share. */
export interface StreamServices {
  sandbox: Sandbox;
  timing: StreamTiming;
}

/** The side of a gRPC call on which events leave. */
export interface StreamEnd {
  write(response: FetchResponse): void;
  /** Ends the stream in good order. */
  end(): void;
  fail(error: PubSubError): void;
}

/** The events one client is being sent. */
export interface EventStream {
  readonly topic: Topic | undefined;
  /** Where the client stands: the newest replay id it was told. */
  position(): number;
  /** How many more events the client wants. */
  pending(): number;
  start(topic: Topic, position: number): void;
  /** The client wants so many more; together never more than 100 (facts 1.7: capped, not refused). */
  request(count: number): void;
  /** Ends the stream from this side, in good order or with an error. */
  finish(error?: PubSubError): void;
  /** The client is gone: nothing more is sent. */
  stop(): void;
}

const MAX_PENDING = 100;
/** Below the 4 MB that gRPC clients accept in one message (facts 1.7), with room for what surrounds the events. */
const MAX_RESPONSE_BYTES = 4_000_000;

/**
 * Opens a stream that sends nothing yet. It closes by itself when the client wants nothing for 60 s, fails when the
 * access token is no longer good, and breaks when a fault rule says so.
 */
export function openEventStream(services: StreamServices, token: string, out: StreamEnd): EventStream {
  const { sandbox, timing } = services;
  const rpcId = randomUUID();
  let topic: Topic | undefined;
  let deliveries: Deliveries | undefined;
  let pending = 0;
  let delivered = 0;
  let left = Infinity;
  let breakWith: PubSubError | undefined;
  let wakeScheduled = false;
  let cancelTimer = (): void => undefined;
  let stopped = false;
  const stopListening = sandbox.changes.onPublish(wake);
  restartTimer();

  function stop(): void {
    stopped = true;
    stopListening();
    deliveries?.stop();
    cancelTimer();
    deliveries = undefined;
  }

  function finish(error?: PubSubError): void {
    if (stopped) return;
    stop();
    if (error === undefined) out.end();
    else out.fail(error);
  }

  function wake(): void {
    if (wakeScheduled) return;
    wakeScheduled = true;
    setImmediate(() => {
      wakeScheduled = false;
      deliver();
    });
  }

  function start(wanted: Topic, position: number): void {
    topic = wanted;
    delivered = position;
    deliveries = createDeliveries(sandbox, wanted, position, wake);
    const fault = sandbox.faults.stream(wanted.name);
    if (fault === undefined) return;
    breakWith = fault.code === undefined ? brokenStream() : pubSubError(fault.code, { rpcId });
    left = fault.afterEvents ?? 0;
  }

  function request(count: number): void {
    pending = Math.min(pending + count, MAX_PENDING);
    restartTimer();
    deliver();
  }

  function deliver(): void {
    if (deliveries === undefined || pending === 0) return;
    if (sandbox.sessions.find(token) === undefined) return finish(pubSubError('service.auth.error'));
    if (left === 0) return finish(breakWith);
    const events = deliveries.take(Math.min(pending, left));
    if (events.length === 0) return;
    const allowed = sandbox.allowance.take(events.length);
    send(events.slice(0, allowed));
    if (allowed < events.length) return finish(pubSubError('subscription.limit.exceeded', { rpcId }));
    left -= events.length;
    restartTimer();
    if (pending > 0 || left === 0) wake();
  }

  /** In as many responses as gRPC's limit on a message asks for. */
  function send(events: readonly ChangeEvent[]): void {
    let batch: FetchResponse['events'] = [];
    let bytes = 0;
    for (const event of events) {
      const one = encodeConsumerEvent(sandbox, event);
      if (bytes + one.event.payload.length > MAX_RESPONSE_BYTES && batch.length > 0) {
        respond(batch);
        [batch, bytes] = [[], 0];
      }
      delivered = Math.max(delivered, event.replayId);
      batch.push(one);
      bytes += one.event.payload.length + one.event.id.length + one.event.schemaId.length + 32;
    }
    if (batch.length > 0) respond(batch);
  }

  function respond(events: FetchResponse['events']): void {
    pending -= events.length;
    out.write({
      events,
      latestReplayId: encodeReplayId(delivered),
      rpcId,
      pendingNumRequested: pending,
    });
  }

  function restartTimer(): void {
    cancelTimer();
    const { clock } = sandbox;
    cancelTimer =
      pending > 0 ? clock.after(timing.keepaliveMs, keepAlive) : clock.after(timing.idleMs, () => finish());
  }

  function keepAlive(): void {
    if (sandbox.sessions.find(token) === undefined) return finish(pubSubError('service.auth.error'));
    if (deliveries?.isCaughtUp() === true) delivered = Math.max(delivered, sandbox.changes.stablePosition());
    respond([]);
    restartTimer();
  }

  return {
    get topic() {
      return topic;
    },
    position: () => delivered,
    pending: () => pending,
    start,
    request,
    finish,
    stop,
  };
}

function encodeConsumerEvent(sandbox: Sandbox, event: ChangeEvent): FetchResponse['events'][number] {
  const schema = sandbox.topics.schemaOf(event);
  const payload = encodeEvent(schema, event, sandbox.settings.current.cdcMaxEventBytes);
  return {
    event: { id: eventId(event), schemaId: schema.id, payload },
    replayId: encodeReplayId(event.replayId),
  };
}
