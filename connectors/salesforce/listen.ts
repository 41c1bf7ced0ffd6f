import type { ConnectorContext } from '../../src/crm/connector.ts';
import type { ListenRequest, StreamRefusal } from '../../src/crm/stream.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import type { Session } from './auth.ts';
import type { SalesforceClient } from './client.ts';
import { brokenStream, misuse } from './errors.ts';
import { refusedSession } from './login-errors.ts';
import { followStream, type StreamEnd } from './follow-stream.ts';
import { isTrustedEndpoint } from './hosts.ts';
import { openEventBus, type StartAt, type StreamFailure } from './listen-client.ts';
import type { Credentials, Settings } from './settings.ts';

/** Events are kept for 72 hours (facts 1.7); an hour less, because a position is a little older than its storing. */
const RETENTION_MS = 71 * 3_600_000;
const LOGIN_MS = 30_000;
const UNAUTHENTICATED = 16;

const purpose = { stage: 'listen', write: false } as const;

/** How far this run has come; the engine stores the same. */
interface Progress {
  position: string | null;
  at: Date | null;
  /** Where to begin when there is no position that could be resumed. */
  otherwise: 'LATEST' | 'EARLIEST';
}

/**
 * Follows the opportunity change events. More are asked for only once those received are stored, so a slow database
 * slows the stream down instead of filling memory, and the stored position never runs ahead of the stored hints.
 * Runs until aborted (null) or refused for a while; rejects with a SyncError when the stream breaks.
 */
export async function listen(
  client: SalesforceClient,
  context: ConnectorContext<Settings, Credentials>,
  request: ListenRequest,
): Promise<StreamRefusal | null> {
  const { settings } = context;
  if (!isTrustedEndpoint(settings.pubsubEndpoint, settings.sandbox)) {
    throw misuse(purpose, 'a sandbox connection without a local Pub/Sub endpoint cannot listen');
  }
  const progress: Progress = { position: request.position, at: request.positionAt, otherwise: 'LATEST' };
  while (!request.signal.aborted) {
    const session = await currentSession(client, request);
    if (session === null) return null;
    const end = await subscribeOnce(client, context, request, session, progress);
    if (end.because === 'refused') return end.refusal;
    if (end.because === 'failed') throw await streamFailure(client, session, end.failure);
    if (end.because === 'bad-position') await abandonPosition(context, request, progress);
    // A server that ends a stream in good order, as it does now and then, is asked to go on where it was.
    if (end.because === 'closed' && !end.heard) throw endedEmpty();
  }
  return null;
}

/** Null when aborted meanwhile. */
async function currentSession(client: SalesforceClient, { signal }: ListenRequest): Promise<Session | null> {
  try {
    return await client.sessions.current(purpose, { deadline: Date.now() + LOGIN_MS, signal });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function subscribeOnce(
  client: SalesforceClient,
  context: ConnectorContext<Settings, Credentials>,
  request: ListenRequest,
  session: Session,
  progress: Progress,
): Promise<StreamEnd> {
  const bus = openEventBus(context.settings.pubsubEndpoint, session, context.settings.sandbox);
  try {
    return await followStream({
      context,
      bus,
      startAt: startOf(progress),
      heardUntil: () => progress.at,
      accepted: () => client.sessions.accepted(),
      request: {
        signal: request.signal,
        gap: (gap) => request.gap(gap),
        async store(hints, position) {
          const now = context.clock.now();
          await request.store(hints, position);
          Object.assign(progress, { position, at: now });
        },
      },
    });
  } finally {
    bus.close();
  }
}

function startOf({ position, otherwise }: Progress): StartAt {
  return position === null
    ? { preset: otherwise }
    : { preset: 'CUSTOM', replayId: Buffer.from(position, 'base64') };
}

/**
 * The stored position has expired or is damaged. Where Salesforce still keeps all that happened since, everything kept is
 * read once more; else only a poll can tell. The poll is asked for in both cases: a hint too many costs one read.
 */
async function abandonPosition(
  context: ConnectorContext<Settings, Credentials>,
  { gap }: ListenRequest,
  progress: Progress,
): Promise<void> {
  const { at } = progress;
  const isKept = at !== null && context.clock.now().getTime() - at.getTime() < RETENTION_MS;
  const next = isKept ? 'all events that are still kept are read again' : 'listening goes on from now';
  const reason = `the stored position of the event stream has expired or is damaged; ${next}`;
  await gap(at === null ? { reason } : { reason, since: at });
  Object.assign(progress, { position: null, otherwise: isKept ? 'EARLIEST' : 'LATEST' });
}

function endedEmpty(): SyncError {
  return brokenStream({ code: 14, reason: undefined, details: 'the server ended the event stream' });
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
