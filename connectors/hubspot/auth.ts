/**
 * Where access tokens come from: the static one of a private app or service key, or OAuth with renewal before expiry and
 * after a refusal. One renewal at a time among all processes that share the login (src/crm/shared-login.ts).
 */
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { LoginTurnTaken, type LoginTurn, type SharedLogin } from '../../src/crm/shared-login.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { NoAnswer, type HubspotClient } from './client.ts';
import { isStatic, type HubspotCredentials, type HubspotSettings, type OauthCredentials } from './config.ts';
import { fromNoAnswer } from './errors.ts';
import {
  connecting,
  neverConnected,
  refusedAfterInterruption,
  refusedStaticToken,
  renewalNotStored,
} from './login-errors.ts';
import { renewToken, type Token } from './login.ts';

export interface AccessTokens {
  /** A token that has not expired; renews it first when it is about to. */
  current(options: CallOptions): Promise<string>;
  /**
   * Another token after `refused` was answered with 401, or null when this connection cannot get one. `renewed`: asked of
   * HubSpot just now, so that one more would be no better.
   */
  replace(refused: string, options: CallOptions): Promise<{ token: string; renewed: boolean } | null>;
  /** Says better than a mere 401 what is wrong with a token that cannot be replaced. */
  explain?(refused: SyncError): SyncError;
}

type Context = ConnectorContext<HubspotSettings, HubspotCredentials>;
type Session = NonNullable<OauthCredentials['session']>;
type Login = SharedLogin<HubspotCredentials>;

/** Tokens live 30 minutes; one that ends within a minute could end on its way. */
const MARGIN_MS = 60_000;
/** A renewal serves every call that waits for it, so it is not bound to the deadline of the first. */
const RENEWAL_TIMEOUT_MS = 20_000;

export function createAccessTokens(client: HubspotClient, context: Context): AccessTokens {
  const { credentials } = context;
  const replace = (): Promise<null> => Promise.resolve(null);
  if ('accessToken' in credentials) {
    const current = (): Promise<string> => Promise.resolve(credentials.accessToken);
    return { current, replace, ...(isStatic(credentials) ? { explain: refusedStaticToken } : {}) };
  }
  if ('kind' in credentials) return { current: () => Promise.reject(neverConnected()), replace };
  return oauthTokens(client, context, credentials);
}

interface Opened {
  session: Session;
  renewed: boolean;
}

function oauthTokens(client: HubspotClient, context: Context, initial: OauthCredentials): AccessTokens {
  let credentials = initial;
  let unsaved = false;
  let held: Session | null = initial.session ?? null;
  let opening: Promise<Opened> | null = null;
  const login: Login = context.login ?? aloneWith(context, () => credentials);
  const endpoint = { client, version: context.settings.oauthVersion };

  /** Alone among all processes. What another one renewed meanwhile is used; only else do we renew. */
  async function openInTurn(turn: LoginTurn<HubspotCredentials>, refused: string | null): Promise<Opened> {
    // What we were given and could not store is newer than what is stored.
    if (unsaved) await store(turn);
    else if ('refreshToken' in turn.credentials) credentials = turn.credentials;
    const known = credentials.session;
    if (known && known.accessToken !== refused && !isDue(known)) return { session: known, renewed: false };
    const token = await renew().catch((error: unknown) => {
      throw turn.interrupted && error instanceof SyncError && error.kind === 'auth-expired'
        ? refusedAfterInterruption(error)
        : error;
    });
    const session = sessionOf(token, context.clock.now());
    credentials = { ...credentials, refreshToken: token.refresh_token ?? credentials.refreshToken, session };
    unsaved = true;
    await store(turn);
    return { session, renewed: true };
  }

  function renew(): Promise<Token> {
    const deadline = Date.now() + RENEWAL_TIMEOUT_MS;
    return renewToken(endpoint, credentials, credentials.refreshToken, { deadline });
  }

  /** A rotated refresh token exists only here until it is stored: no call goes out before that. */
  async function store(turn: LoginTurn<HubspotCredentials>): Promise<void> {
    try {
      await turn.save(credentials);
      unsaved = false;
    } catch (cause) {
      throw renewalNotStored(cause);
    }
  }

  /** One at a time, whoever asks. */
  function open(refused: string | null, options: CallOptions): Promise<Opened> {
    opening ??= login
      .takeTurn(Date.now() + RENEWAL_TIMEOUT_MS, (turn) => openInTurn(turn, refused))
      .then((opened) => {
        held = opened.session;
        return opened;
      })
      .catch((error: unknown) => {
        throw error instanceof LoginTurnTaken
          ? fromNoAnswer(new NoAnswer('not-sent', error), connecting)
          : error;
      })
      .finally(() => {
        opening = null;
      });
    return beforeDeadline(opening, options);
  }

  function isDue({ renewAt }: Session): boolean {
    return context.clock.now().getTime() >= renewAt;
  }

  return {
    async current(options) {
      if (held && !isDue(held)) return held.accessToken;
      return (await open(null, options)).session.accessToken;
    },
    async replace(refused, options) {
      // Another call got the same refusal and has renewed already.
      if (held && held.accessToken !== refused) return { token: held.accessToken, renewed: false };
      const { session, renewed } = await open(refused, options);
      return { token: session.accessToken, renewed };
    },
  };
}

/** A login that nobody shares: it is always our turn, and only a rotated refresh token is worth storing. */
function aloneWith({ saveCredentials }: Context, latest: () => OauthCredentials): Login {
  let storedToken = latest().refreshToken;
  return {
    takeTurn: (_deadline, work) =>
      work({
        credentials: latest(),
        interrupted: false,
        async save(changed) {
          if (!('refreshToken' in changed) || changed.refreshToken === storedToken) return;
          await saveCredentials(changed);
          storedToken = changed.refreshToken;
        },
      }),
  };
}

function sessionOf(token: Token, now: Date): Session {
  const lifetime = token.expires_in * 1000;
  const renewAt = now.getTime() + lifetime - Math.min(MARGIN_MS, lifetime / 2);
  return { accessToken: token.access_token, renewAt };
}

/** Waits for a shared renewal no longer than this call may last. Nothing of the call has been sent yet. */
function beforeDeadline<T>(shared: Promise<T>, { deadline, signal }: CallOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      settle();
      reject(fromNoAnswer(new NoAnswer('not-sent'), connecting));
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
