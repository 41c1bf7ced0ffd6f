import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Sandbox } from '../sandbox.ts';
import { decodeReplayId } from './encode-event.ts';
import {
  openEventStream,
  type EventStream,
  type FetchResponse,
  type StreamServices,
} from './event-stream.ts';
import { pubSubError, type PubSubError } from './pubsub-error.ts';

/** A client's wish for more events. */
export interface FetchRequest {
  /** May be left out after the first request, but not differ from it. */
  topicName: string;
  /** 0 LATEST, 1 EARLIEST, 2 CUSTOM; honoured in the first request only. */
  replayPreset: number;
  replayId: Uint8Array;
  numRequested: number;
}

export type SubscribeCall = ServerDuplexStream<FetchRequest, FetchResponse>;

const EARLIEST = 1;
const CUSTOM = 2;

/** Serves one subscription until the client, an error or idleness ends it. */
export function serveSubscription(services: StreamServices, call: SubscribeCall, token: string): EventStream {
  const { sandbox } = services;
  const stream = openEventStream(services, token, {
    write: (response) => void call.write(response),
    end: () => void call.end(),
    fail: (error) => void call.emit('error', error),
  });

  function onFetch(request: FetchRequest): void {
    if (request.numRequested <= 0) {
      return stream.finish(pubSubError('subscription.fetch.requested.events.invalid'));
    }
    if (stream.topic === undefined) begin(request);
    else if (request.topicName !== '' && request.topicName !== stream.topic.name) {
      return stream.finish(pubSubError('subscription.fetch.topic.mismatch'));
    }
    stream.request(request.numRequested);
  }

  function begin(request: FetchRequest): void {
    if (request.topicName === '') return stream.finish(pubSubError('topic.validation.empty'));
    const topic = sandbox.topics.find(request.topicName);
    if (topic === undefined) return stream.finish(topicNotFound(sandbox));
    const position = startPosition(sandbox, request);
    if (typeof position === 'number') stream.start(topic, position);
    else stream.finish(position);
  }

  call.on('data', onFetch);
  call.on('end', () => stream.finish());
  call.on('cancelled', () => stream.stop());
  call.on('close', () => stream.stop());
  return stream;
}

/** The refusal of a topic that is not there. */
export function topicNotFound(sandbox: Sandbox): PubSubError {
  return pubSubError('topic.not.found', { status: sandbox.settings.current.pubSubTopicNotFoundStatus });
}

/** Where to begin: a position in the log, or the error that refuses the request. */
function startPosition({ changes }: Sandbox, request: FetchRequest): number | PubSubError {
  if (request.replayPreset === EARLIEST) return changes.earliest();
  if (request.replayPreset !== CUSTOM) return changes.latest();
  if (request.replayId.length === 0) return pubSubError('subscription.fetch.replayid.validation.failed');
  const replayId = decodeReplayId(request.replayId);
  return replayId !== undefined && changes.isKnown(replayId)
    ? replayId
    : pubSubError('subscription.fetch.replayid.corrupted');
}
