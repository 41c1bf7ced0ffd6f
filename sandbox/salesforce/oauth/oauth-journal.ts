import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { REFRESH_ENTRIES } from './refresh-tokens.ts';
import { SESSION_ENTRIES } from './sessions.ts';

const approvalEntry = z.object({ userId: z.string() });

/** Readers of the journal entries about sessions and grants, by their `t`. */
export const OAUTH_ENTRY_READERS: Readonly<Record<string, (sandbox: Sandbox, entry: unknown) => void>> = {
  ...Object.fromEntries(
    SESSION_ENTRIES.map((t) => [t, (sandbox: Sandbox, entry: unknown) => sandbox.sessions.restore(entry)]),
  ),
  ...Object.fromEntries(
    REFRESH_ENTRIES.map((t) => [
      t,
      (sandbox: Sandbox, entry: unknown) => sandbox.oauth.refreshTokens.restore(entry),
    ]),
  ),
  'oauth-approval': (sandbox, entry) => sandbox.oauth.approvals.restore(approvalEntry.parse(entry).userId),
};
