import type { ChangeHint, ConnectorContext } from '../../src/crm/connector.ts';
import type { ListenRequest, StreamRefusal } from '../../src/crm/stream.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { readerOfSchema, type ChangeEventReader, type DecodedChange } from './change-events.ts';
import { DeadlineError, withinDeadline } from './deadline.ts';
import { brokenStream } from './errors.ts';
import {
  readStreamError,
  type ConsumerEvent,
  type EventBus,
  type FetchResponse,
  type StartAt,
  type StreamFailure,
  type Subscription,
} from './listen-client.ts';
import type { Credentials, Settings } from './settings.ts';
import { refusalOf } from './stream-refusal.ts';

const TOPIC = '/data/OpportunityChangeEvent';
/** The most Salesforce lets us ask for at once (facts 1.7). */
const EVENTS_PER_FETCH = 100;
const BAD_POSITION = /replayid\.(corrupted|validation\.failed)/;

export interface StreamContext {
  context: ConnectorContext<Settings, Credentials>;
  bus: EventBus;
  startAt: StartAt;
  request: Pick<ListenRequest, 'store' | 'gap' | 'signal'>;
  /** What happened before this instant was heard. Null: not known. */
  heardUntil(): Date | null;
  /** A response arrived, so the session is good. */
  accepted(): void;
}

/** How a subscription ended. Anything else that ends it is thrown. */
export type StreamEnd =
  | { because: 'aborted' | 'bad-position' }
  /** The server ended it in good order; `heard`: after it had sent something. */
  | { because: 'closed'; heard: boolean }
  | { because: 'refused'; refusal: StreamRefusal }
  | { because: 'failed'; failure: StreamFailure };

/** One subscription, from its first request to its end. @throws SyncError of a silent stream, or what storing threw */
export async function followStream(stream: StreamContext): Promise<StreamEnd> {
  const { bus, startAt, request } = stream;
  const subscription = bus.subscribe(TOPIC, startAt, EVENTS_PER_FETCH);
  const schemas = new Map<string, ChangeEventReader>();
  let heard = false;
  try {
    for (;;) {
      const response = await nextResponse(subscription, stream);
      if (response === null) return { because: 'closed', heard };
      heard = true;
      stream.accepted();
      await store(response, stream, schemas);
      if (response.pendingNumRequested === 0) subscription.fetch(EVENTS_PER_FETCH);
    }
  } catch (error) {
    if (request.signal.aborted) return { because: 'aborted' };
    const failure = readStreamError(error);
    if (failure === null) throw error;
    return endOf(failure, startAt);
  } finally {
    subscription.cancel();
  }
}

function endOf(failure: StreamFailure, startAt: StartAt): StreamEnd {
  if (startAt.preset === 'CUSTOM' && BAD_POSITION.test(failure.reason ?? ''))
    return { because: 'bad-position' };
  const refusal = refusalOf(failure);
  return refusal === null ? { because: 'failed', failure } : { because: 'refused', refusal };
}

/** The next response, or null when the server ended the stream. */
async function nextResponse(
  subscription: Subscription,
  { context, request }: StreamContext,
): Promise<FetchResponse | null> {
  try {
    const next = await withinDeadline(subscription.responses.next(), {
      deadline: Date.now() + context.settings.streamSilenceSeconds * 1000,
      signal: request.signal,
    });
    return next.done ? null : next.value;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw brokenStream({ code: 4, reason: undefined, details: 'no sign of life from the event stream' });
  }
}

/** Hints and position together, gaps before both: a position must never pass a gap that was not reported. */
async function store(
  response: FetchResponse,
  stream: StreamContext,
  schemas: Map<string, ChangeEventReader>,
): Promise<void> {
  const { request } = stream;
  const hints: ChangeHint[] = [];
  const gaps = new Set<string>();
  let unread = 0;
  for (const event of response.events) {
    const decoded = await decode(event, stream, schemas);
    if (decoded === null) unread += 1;
    else hints.push(...decoded.hints);
    if (decoded?.gap) gaps.add(decoded.gap);
  }
  for (const reason of gaps) await request.gap({ reason });
  if (unread > 0) await reportUnread(stream, unread);
  const position = response.events.at(-1)?.replayId ?? response.latestReplayId;
  if (position.length > 0) await request.store(hints, position.toString('base64'));
}

/** Whatever they tell happened since the last position was stored: a poll from then on finds it. */
async function reportUnread({ request, heardUntil }: StreamContext, count: number): Promise<void> {
  const since = heardUntil();
  const reason = `${count} change ${count === 1 ? 'event' : 'events'} could not be read`;
  await request.gap(since === null ? { reason } : { reason, since });
}

/** Null: this event cannot be read, now or later. @throws SyncError when its schema could not be asked for */
async function decode(
  { event }: ConsumerEvent,
  { bus, context }: StreamContext,
  schemas: Map<string, ChangeEventReader>,
): Promise<DecodedChange | null> {
  try {
    let reader = schemas.get(event.schemaId);
    if (!reader) {
      reader = readerOfSchema(await bus.schema(event.schemaId), context.settings.clientName);
      schemas.set(event.schemaId, reader);
    }
    return reader.read(event.payload);
  } catch (error) {
    if (error instanceof SyncError) throw error;
    context.log.warn(
      { schemaId: event.schemaId },
      'a change event could not be read; its records will be polled',
    );
    return null;
  }
}
