/** Where access tokens come from: a private app's static one, or OAuth with renewal before expiry and after a refusal. */
import type { z } from 'zod';
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { NoAnswer, type Answer, type HubspotClient } from './client.ts';
import type { HubspotCredentials, HubspotSettings, OauthCredentials } from './config.ts';
import {
  fromNoAnswer,
  fromUnreadableAnswer,
  renewalNotStored,
  renewalRefused,
  type CallSite,
} from './errors.ts';
import { TokenAnswer } from './schema.ts';
import { tokenPath } from './versions.ts';

export interface AccessTokens {
  /** A token that has not expired; renews it first when it is about to. */
  current(options: CallOptions): Promise<string>;
  /** Another token after `refused` was answered with 401, or null when this connection cannot get one. */
  replace(refused: string, options: CallOptions): Promise<string | null>;
}

type Context = ConnectorContext<HubspotSettings, HubspotCredentials>;

/** Tokens live 30 minutes; one that ends within a minute could end on its way. */
const MARGIN_MS = 60_000;
/** A renewal serves every call that waits for it, so it is not bound to the deadline of the first. */
const RENEWAL_TIMEOUT_MS = 20_000;
const SITE: CallSite = { stage: 'connect', write: false };

export function createAccessTokens(client: HubspotClient, context: Context): AccessTokens {
  const { credentials } = context;
  if ('accessToken' in credentials) {
    return { current: () => Promise.resolve(credentials.accessToken), replace: () => Promise.resolve(null) };
  }
  return oauthTokens(client, context, credentials);
}

function oauthTokens(client: HubspotClient, context: Context, initial: OauthCredentials): AccessTokens {
  let credentials = initial;
  let stored = true;
  let held: { token: string; renewAt: number } | null = null;
  let renewing: Promise<string> | null = null;

  async function renew(): Promise<string> {
    const answer = await requestToken(client, credentials);
    const lifetime = answer.expires_in * 1000;
    held = {
      token: answer.access_token,
      renewAt: context.clock.now().getTime() + lifetime - Math.min(MARGIN_MS, lifetime / 2),
    };
    if (answer.refresh_token !== undefined && answer.refresh_token !== credentials.refreshToken) {
      credentials = { ...credentials, refreshToken: answer.refresh_token };
      stored = false;
    }
    await storeRotated();
    return answer.access_token;
  }

  /** A rotated refresh token exists only here until it is stored: no call goes out before that. */
  async function storeRotated(): Promise<void> {
    if (stored) return;
    try {
      await context.saveCredentials(credentials);
      stored = true;
    } catch (cause) {
      throw renewalNotStored(cause);
    }
  }

  /** One renewal at a time, whoever asks. */
  function renewOnce(options: CallOptions): Promise<string> {
    renewing ??= renew().finally(() => {
      renewing = null;
    });
    return beforeDeadline(renewing, options);
  }

  return {
    async current(options) {
      if (held === null || context.clock.now().getTime() >= held.renewAt) return renewOnce(options);
      await storeRotated();
      return held.token;
    },
    replace(refused, options) {
      // Another call got the same refusal and has renewed already.
      if (held !== null && held.token !== refused) return Promise.resolve(held.token);
      return renewOnce(options);
    },
  };
}

async function requestToken(
  client: HubspotClient,
  credentials: OauthCredentials,
): Promise<z.infer<typeof TokenAnswer>> {
  const form = {
    grant_type: 'refresh_token',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
  };
  const answer = await sendRenewal(client, form);
  if (answer.status !== 200) throw renewalRefused(answer);
  const parsed = TokenAnswer.safeParse(answer.json);
  if (!parsed.success) throw fromUnreadableAnswer({ ...answer, text: '' }, SITE, 'token');
  return parsed.data;
}

async function sendRenewal(client: HubspotClient, form: Record<string, string>): Promise<Answer> {
  try {
    return await client.send(
      { method: 'POST', path: tokenPath, form },
      { deadline: Date.now() + RENEWAL_TIMEOUT_MS },
    );
  } catch (failure) {
    throw failure instanceof NoAnswer ? fromNoAnswer(failure, SITE) : failure;
  }
}

/** Waits for a shared renewal no longer than this call may last. Nothing of the call has been sent yet. */
function beforeDeadline<T>(shared: Promise<T>, { deadline, signal }: CallOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      settle();
      reject(fromNoAnswer(new NoAnswer('not-sent'), SITE));
    };
    const timer = setTimeout(giveUp, Math.max(0, deadline - Date.now()));
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    shared.finally(settle).then(resolve, reject);
  });
}
