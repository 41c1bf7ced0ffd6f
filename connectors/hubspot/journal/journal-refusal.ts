import type { StreamRefusal } from '../../../src/crm/stream.ts';
import { inItsWords, SyncError } from '../../../src/crm/sync-error.ts';
import { JOURNAL_SCOPES } from './app-tokens.ts';

const MINUTE = 60_000;

/** The app may not read the journal: polls stand in for it, and the connection itself goes on. Null: another failure. */
export function appRefusal(error: unknown): StreamRefusal | null {
  if (!(error instanceof SyncError) || error.stage !== 'listen' || error.kind !== 'auth-expired') return null;
  return {
    plain: inItsWords(error.details),
    nextStep: `Give the app the scopes ${JOURNAL_SCOPES.join(', ')}, or set HUBSPOT_NOTIFICATIONS to webhook or poll.`,
    retryAfterMs: 5 * MINUTE,
  };
}

/** There is no app whose journal it could be. */
export const needsApp: StreamRefusal = {
  plain: 'a private app or service key has no webhooks journal',
  nextStep: 'Connect with an OAuth app (HUBSPOT_CLIENT_ID), or set HUBSPOT_NOTIFICATIONS to webhook or poll.',
  retryAfterMs: 15 * MINUTE,
};

export function fileRefusal(problem: string): StreamRefusal {
  return {
    plain: `a file of the webhooks journal was not fetched, because ${problem}`,
    nextStep: 'If it is HubSpot that keeps its files there, name the host in HUBSPOT_JOURNAL_FILE_HOSTS.',
    retryAfterMs: 15 * MINUTE,
  };
}
