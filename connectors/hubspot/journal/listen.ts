/**
 * Following HubSpot's webhooks journal: where our receiver cannot be reached from outside, what webhooks would have told
 * is asked for. The journal is a row of files, kept for three days; the position is the offset of the last one stored.
 */
import type { CallOptions, ConnectorContext } from '../../../src/crm/connector.ts';
import type { ListenRequest, StreamRefusal } from '../../../src/crm/stream.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import { sleepUnlessAborted } from '../../../src/platform/sleep.ts';
import type { Caller } from '../call.ts';
import type { HubspotCredentials, HubspotSettings } from '../config.ts';
import type { CallSite } from '../errors.ts';
import { journalEarliestPath, journalLatestPath, journalNextPath } from '../versions.ts';
import { fetchFile, hostProblem } from './fetch-file.ts';
import { readJournalFile } from './journal-events.ts';
import { JournalEntry } from './journal-shapes.ts';
import { appRefusal, fileRefusal } from './journal-refusal.ts';
import { subscribeToDeals } from './subscribe.ts';

export interface Journal {
  /** With the app's own token. */
  call: Caller;
  context: Pick<ConnectorContext<HubspotSettings, HubspotCredentials>, 'settings' | 'clock' | 'log'>;
  /** The portal that the login opens. @throws SyncError when it opens none any more */
  portalOf(options: CallOptions): Promise<string>;
}

const SITE: CallSite = { stage: 'listen', write: false };
const CALL_MS = 30_000;
/** Stands for the offset of a file while there is none: whatever comes first is new. */
const FIRST = 'earliest';
/** Three days less an hour, because a position is a little older than its storing. */
const KEPT_MS = 71 * 3_600_000;
/** How often a position is stored although nothing happened, so that its age can be told after a pause. */
const QUIET_STORE_MS = 10 * 60_000;

interface Progress {
  position: string;
  storedAt: Date | null;
}

/** Runs until aborted (null) or refused for a while; rejects with a SyncError when the journal cannot be read. */
export async function listenToJournal(
  journal: Journal,
  request: ListenRequest,
): Promise<StreamRefusal | null> {
  try {
    const portalId = await journal.portalOf(within(request));
    await subscribeToDeals(journal.call, portalId, within(request));
    const progress = await beginning(journal, request, portalId);
    for (;;) {
      const entry = await nextEntry(journal, request, portalId, progress);
      if (request.signal.aborted) return null;
      if (entry === null) await restQuietly(journal, request, progress);
      else {
        const refusal = await takeFile(journal, request, portalId, entry, progress);
        if (refusal !== null) return refusal;
      }
    }
  } catch (error) {
    if (request.signal.aborted) return null;
    const refusal = appRefusal(error);
    if (refusal === null) throw error;
    return refusal;
  }
}

function within({ signal }: Pick<ListenRequest, 'signal'>): CallOptions {
  return { deadline: Date.now() + CALL_MS, signal };
}

/** Without a position: behind the newest file. What is in it was before us, and the engine reads every record then. */
async function beginning(journal: Journal, request: ListenRequest, portalId: string): Promise<Progress> {
  const { position, positionAt } = request;
  if (position === null) {
    const latest = await entryAt(journal, journalLatestPath(portalId), request);
    const progress: Progress = { position: latest?.currentOffset ?? FIRST, storedAt: null };
    await store(journal, request, progress, [], progress.position);
    return progress;
  }
  const progress: Progress = { position, storedAt: positionAt };
  const age = positionAt === null ? Infinity : journal.context.clock.now().getTime() - positionAt.getTime();
  if (position === FIRST && age > KEPT_MS) await lose(request, progress);
  return progress;
}

async function entryAt(
  { call }: Journal,
  path: string,
  request: ListenRequest,
): Promise<JournalEntry | null> {
  const { data } = await call(SITE, { method: 'GET', path }, JournalEntry, within(request));
  return data ?? null;
}

async function nextEntry(
  journal: Journal,
  request: ListenRequest,
  portalId: string,
  progress: Progress,
): Promise<JournalEntry | null> {
  if (progress.position === FIRST) return entryAt(journal, journalEarliestPath(portalId), request);
  try {
    return await entryAt(journal, journalNextPath(progress.position, portalId), request);
  } catch (error) {
    if (!isUnknownOffset(error)) throw error;
    await lose(request, progress);
    return entryAt(journal, journalEarliestPath(portalId), request);
  }
}

/** An offset that HubSpot does not know (any more). */
function isUnknownOffset(error: unknown): boolean {
  if (!(error instanceof SyncError)) return false;
  return error.kind === 'not-found' || error.details.httpStatus === 400;
}

/** Whatever is still kept is read; what went before it only a look at every record can tell. */
async function lose(request: ListenRequest, progress: Progress): Promise<void> {
  const reason = 'the stored position of the webhooks journal has expired or is not known to HubSpot';
  await request.gap({ reason });
  Object.assign(progress, { position: FIRST, storedAt: null });
}

async function takeFile(
  journal: Journal,
  request: ListenRequest,
  portalId: string,
  { url, currentOffset }: JournalEntry,
  progress: Progress,
): Promise<StreamRefusal | null> {
  const { baseUrl, sandbox, journalFileHosts } = journal.context.settings;
  const problem = hostProblem(url, { baseUrl, sandbox, allowed: journalFileHosts });
  if (problem !== null) return fileRefusal(problem);
  const content = readJournalFile(await fetchFile(url, within(request)), portalId);
  if (content === null || content.unread > 0) await reportUnread(request, progress, content?.unread ?? null);
  await store(journal, request, progress, content?.hints ?? [], currentOffset);
  // Only a hint as well: the login itself says whether it is so, and pauses the connection by failing. After the position
  // is stored: an app that is put back must not be paused again by the same event.
  if (content?.uninstalled) await journal.portalOf(within(request));
  return null;
}

/** Whatever they tell happened since the last position was stored: a poll from then on finds it. */
async function reportUnread(
  { gap }: ListenRequest,
  { storedAt }: Progress,
  unread: number | null,
): Promise<void> {
  const what =
    unread === null
      ? 'a file of the webhooks journal'
      : `${unread} ${unread === 1 ? 'event' : 'events'} of the webhooks journal`;
  const reason = `${what} could not be read`;
  await gap(storedAt === null ? { reason } : { reason, since: storedAt });
}

async function restQuietly(journal: Journal, request: ListenRequest, progress: Progress): Promise<void> {
  const { clock, settings } = journal.context;
  const age = progress.storedAt === null ? Infinity : clock.now().getTime() - progress.storedAt.getTime();
  if (age >= QUIET_STORE_MS) await store(journal, request, progress, [], progress.position);
  await sleepUnlessAborted(settings.journalPollSeconds * 1000, request.signal);
}

async function store(
  { context }: Journal,
  request: ListenRequest,
  progress: Progress,
  hints: Parameters<ListenRequest['store']>[0],
  position: string,
): Promise<void> {
  const now = context.clock.now();
  await request.store(hints, position);
  Object.assign(progress, { position, storedAt: now });
}
