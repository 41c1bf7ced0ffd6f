import type { ChangeHint, ConnectorContext, ListenRequest } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import type { Session } from './auth.ts';
import { readerOfSchema, type ChangeEventReader, type DecodedChange } from './change-events.ts';
import type { SalesforceClient } from './client.ts';
import { DeadlineError, withinDeadline } from './deadline.ts';
import { brokenStream, misuse, refusedSession } from './errors.ts';
import { isTrustedEndpoint } from './hosts.ts';
import {
  openEventBus,
  readStreamError,
  type ConsumerEvent,
  type EventBus,
  type FetchResponse,
  type StartAt,
  type StreamFailure,
  type Subscription,
} from './listen-client.ts';
import type { Credentials, Settings } from './settings.ts';

const TOPIC = '/data/OpportunityChangeEvent';
/** The most Salesforce lets us ask for at once (facts 1.7). */
const EVENTS_PER_FETCH = 100;
/** A silent stream says so within 270 s (facts 1.7); a longer silence is a dead connection. */
const SILENCE_MS = 300_000;
const LOGIN_MS = 30_000;
const UNAUTHENTICATED = 16;
const BAD_POSITION = /replayid\.(corrupted|validation\.failed)/;

const purpose = { stage: 'listen', write: false } as const;

/**
 * Follows the opportunity change events. More are asked for only once those received are stored, so a slow database
 * slows the stream down instead of filling memory, and the stored position never runs ahead of the stored hints.
 * Runs until aborted; rejects with a SyncError when the stream breaks.
 */
export async function listen(
  client: SalesforceClient,
  context: ConnectorContext<Settings, Credentials>,
  request: ListenRequest,
): Promise<void> {
  const { settings } = context;
  if (!isTrustedEndpoint(settings.pubsubEndpoint, settings.sandbox)) {
    throw misuse(purpose, 'a sandbox connection without a local Pub/Sub endpoint cannot listen');
  }
  if (request.signal.aborted) return;
  const session = await client.sessions.current(purpose, {
    deadline: Date.now() + LOGIN_MS,
    signal: request.signal,
  });
  const bus = openEventBus(settings.pubsubEndpoint, session, settings.sandbox);
  try {
    const startAt = startOf(request.position);
    const resumed = await follow(client, session, bus, context, request, startAt);
    if (resumed === 'bad-position') {
      await request.gap('the stored position of the event stream has expired or is damaged');
      await follow(client, session, bus, context, request, { preset: 'LATEST' });
    }
  } finally {
    bus.close();
  }
}

function startOf(position: string | null): StartAt {
  return position === null
    ? { preset: 'LATEST' }
    : { preset: 'CUSTOM', replayId: Buffer.from(position, 'base64') };
}

async function follow(
  client: SalesforceClient,
  session: Session,
  bus: EventBus,
  context: ConnectorContext<Settings, Credentials>,
  request: ListenRequest,
  startAt: StartAt,
): Promise<'aborted' | 'bad-position'> {
  const subscription = bus.subscribe(TOPIC, startAt, EVENTS_PER_FETCH);
  const schemas = new Map<string, ChangeEventReader>();
  try {
    for (;;) {
      const response = await nextResponse(subscription, request.signal);
      client.sessions.accepted();
      await store(response, request, (event) => decode(event, bus, schemas, context));
      if (response.pendingNumRequested === 0) subscription.fetch(EVENTS_PER_FETCH);
    }
  } catch (error) {
    if (request.signal.aborted) return 'aborted';
    const failure = readStreamError(error);
    if (failure === null) throw error;
    if (startAt.preset === 'CUSTOM' && BAD_POSITION.test(failure.reason ?? '')) return 'bad-position';
    throw await streamFailure(client, session, failure);
  } finally {
    subscription.cancel();
  }
}

/** The next response, or why none will come. */
async function nextResponse(subscription: Subscription, signal: AbortSignal): Promise<FetchResponse> {
  try {
    const next = await withinDeadline(subscription.responses.next(), {
      deadline: Date.now() + SILENCE_MS,
      signal,
    });
    if (!next.done) return next.value;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw brokenStream({ code: 4, reason: undefined, details: 'no sign of life from the event stream' });
  }
  throw brokenStream({ code: 14, reason: undefined, details: 'the server ended the event stream' });
}

/** Hints and position together, gaps before both: a position must never pass a gap that was not reported. */
async function store(
  response: FetchResponse,
  request: ListenRequest,
  decodeEvent: (event: ConsumerEvent) => Promise<DecodedChange>,
): Promise<void> {
  const hints: ChangeHint[] = [];
  for (const event of response.events) {
    const decoded = await decodeEvent(event);
    if (decoded.gap !== null) await request.gap(decoded.gap);
    hints.push(...decoded.hints);
  }
  const position = response.events.at(-1)?.replayId ?? response.latestReplayId;
  if (position.length > 0) await request.store(hints, position.toString('base64'));
}

async function decode(
  { event }: ConsumerEvent,
  bus: EventBus,
  schemas: Map<string, ChangeEventReader>,
  context: ConnectorContext<Settings, Credentials>,
): Promise<DecodedChange> {
  try {
    let reader = schemas.get(event.schemaId);
    if (!reader) {
      reader = readerOfSchema(await bus.schema(event.schemaId), context.settings.clientName);
      schemas.set(event.schemaId, reader);
    }
    return reader.read(event.payload);
  } catch (error) {
    // The schema could not be fetched: the stream is read again from the stored position.
    if (error instanceof SyncError) throw error;
    context.log.warn(
      { schemaId: event.schemaId },
      'a change event could not be read; its records will be polled',
    );
    return { hints: [], gap: 'a change event could not be read' };
  }
}

/** A refused session is replaced, so that the next attempt starts with a fresh one. */
async function streamFailure(
  client: SalesforceClient,
  session: Session,
  failure: StreamFailure,
): Promise<SyncError> {
  if (failure.code !== UNAUTHENTICATED) return brokenStream(failure);
  const again = client.sessions.refusedFresh();
  await client.sessions.renewed(session, purpose, { deadline: Date.now() + LOGIN_MS });
  return refusedSession(
    { status: 401, headers: {}, body: [{ errorCode: 'INVALID_SESSION_ID', message: failure.details }] },
    purpose,
    again,
  );
}
