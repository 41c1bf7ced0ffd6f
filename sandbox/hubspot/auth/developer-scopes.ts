/** Scopes of the webhooks journal, as the token page lists them; the spec names each by an older word of its own. */
export const JOURNAL_SCOPES = {
  read: 'developer.webhooks_journal.read',
  readSubscriptions: 'developer.webhooks_journal.subscriptions.read',
  writeSubscriptions: 'developer.webhooks_journal.subscriptions.write',
  readSnapshots: 'developer.webhooks_journal.snapshots.read',
  writeSnapshots: 'developer.webhooks_journal.snapshots.write',
} as const;

/** Everything that an app may be granted for itself. */
export const DEVELOPER_SCOPES: readonly string[] = Object.values(JOURNAL_SCOPES);
