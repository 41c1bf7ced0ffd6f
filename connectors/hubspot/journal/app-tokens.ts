/** Tokens of the app itself. The journal tells of all portals that installed it, so no portal's login opens it. */
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { AccessTokens } from '../auth.ts';
import { NoAnswer, type HubspotClient } from '../client.ts';
import type { CallSite } from '../errors.ts';
import { fromNoAnswer, fromRefusal, fromUnreadableAnswer } from '../errors.ts';
import { appTokenRefused } from '../errors-journal.ts';
import { TokenAnswer } from '../schema.ts';
import { tokenPath, type OauthVersion } from '../versions.ts';

/** Reading the journal, and saying what it is to hold. */
export const JOURNAL_SCOPES = [
  'developer.webhooks_journal.read',
  'developer.webhooks_journal.subscriptions.read',
  'developer.webhooks_journal.subscriptions.write',
];
const MARGIN_MS = 60_000;
const SITE: CallSite = { stage: 'listen', write: false };

/** v1 gives no tokens to apps themselves. */
export interface App {
  oauthVersion: OauthVersion;
  clientId: string;
  clientSecret: string;
}

/** One listener asks at a time, so that nothing is shared with others. */
export function createAppTokens(client: HubspotClient, clock: Clock, app: App): AccessTokens {
  let held: { token: string; renewAt: number } | null = null;
  const renew = async (options: CallOptions): Promise<string> => {
    const { access_token: token, expires_in: seconds } = await requestAppToken(client, app, options);
    const lifetime = seconds * 1000;
    held = { token, renewAt: clock.now().getTime() + lifetime - Math.min(MARGIN_MS, lifetime / 2) };
    return token;
  };
  return {
    current: async (options) =>
      held === null || clock.now().getTime() >= held.renewAt ? renew(options) : held.token,
    replace: async (_refused, options) => ({ token: await renew(options), renewed: true }),
  };
}

async function requestAppToken(
  client: HubspotClient,
  { clientId, clientSecret, oauthVersion }: App,
  options: CallOptions,
): Promise<{ access_token: string; expires_in: number }> {
  const version = oauthVersion === 'v1' ? 'v3' : oauthVersion;
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: JOURNAL_SCOPES.join(' '),
  };
  const answer = await client
    .send({ method: 'POST', path: tokenPath(version), form }, options)
    .catch((failure: unknown) => {
      throw failure instanceof NoAnswer ? fromNoAnswer(failure, SITE) : failure;
    });
  if (answer.status === 400 || answer.status === 401 || answer.status === 403) throw appTokenRefused(answer);
  if (answer.status !== 200) throw fromRefusal(answer, SITE);
  const parsed = TokenAnswer.safeParse(answer.json);
  if (!parsed.success) throw fromUnreadableAnswer({ ...answer, text: '' }, SITE, 'token');
  return parsed.data;
}
