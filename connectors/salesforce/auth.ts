/**
 * Sessions. One login at a time however many calls ask for it, at most one renewal per call.
 * jsforce is given no refresh function on purpose: with one, it repeats a refused request for ever (facts 1.1).
 */
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { LoginTurnTaken, type LoginTurn } from '../../src/crm/shared-login.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { DeadlineError, withinDeadline } from './deadline.ts';
import { silence, Unanswered, type Purpose } from './errors.ts';
import { refusedAfterInterruption, untrustedInstance } from './login-errors.ts';
import { isTrustedOrigin } from './hosts.ts';
import { logIn, type PostForm, type Token } from './login.ts';
import type { Credentials, Settings } from './settings.ts';

export interface Session {
  accessToken: string;
  instanceUrl: string;
  organizationId: string;
  userId: string;
}

export interface Sessions {
  /** The session in use, or a new one. */
  current(purpose: Purpose, options: CallOptions): Promise<Session>;
  /** Another session than the one that was refused; only the first of many callers logs in. */
  renewed(refused: Session, purpose: Purpose, options: CallOptions): Promise<Session>;
  /** A call went through: earlier refusals are forgotten. */
  accepted(): void;
  /** A fresh session was refused; true when that has happened before without a success in between. */
  refusedFresh(): boolean;
}

const LOGIN_TIMEOUT_MS = 20_000;

export function openSessions(context: ConnectorContext<Settings, Credentials>, postForm: PostForm): Sessions {
  let { credentials } = context;
  let unsaved = false;
  let session: Session | null = credentials.kind === 'session' ? sessionOf(credentials) : null;
  let login: Promise<Session> | null = null;
  let freshRefusals = 0;

  async function open(purpose: Purpose, refused: Session | null): Promise<Session> {
    if (context.login && credentials.kind === 'refresh')
      return context.login.takeTurn(Date.now() + LOGIN_TIMEOUT_MS, (turn) =>
        openInTurn(turn, purpose, refused),
      );
    const token = await askToLogIn(purpose);
    if (token.refresh_token !== undefined) await keepRotated(token.refresh_token);
    return toSession(token, context.settings, purpose);
  }

  /** Alone among all processes. What another one renewed meanwhile is used; only else do we renew. */
  async function openInTurn(
    turn: LoginTurn<Credentials>,
    purpose: Purpose,
    refused: Session | null,
  ): Promise<Session> {
    // What we were given and could not store is newer than what is stored.
    if (unsaved) await turn.save(credentials);
    else credentials = turn.credentials;
    unsaved = false;
    const known = credentials.kind === 'refresh' ? credentials.session : undefined;
    if (known && known.accessToken !== refused?.accessToken && isTrusted(known)) return known;
    const token = await askToLogIn(purpose).catch((error: unknown) => {
      throw turn.interrupted && error instanceof SyncError && error.kind === 'auth-expired'
        ? refusedAfterInterruption(error)
        : error;
    });
    const opened = toSession(token, context.settings, purpose);
    if (credentials.kind !== 'refresh') return opened;
    credentials = {
      ...credentials,
      refreshToken: token.refresh_token ?? credentials.refreshToken,
      session: opened,
    };
    unsaved = true;
    await turn.save(credentials);
    unsaved = false;
    return opened;
  }

  /** The login outlives the call that began it: others may be waiting for it with more time left. */
  function askToLogIn(purpose: Purpose): Promise<Token> {
    return logIn(context, credentials, postForm, purpose, { deadline: Date.now() + LOGIN_TIMEOUT_MS });
  }

  function isTrusted({ instanceUrl }: Session): boolean {
    return isTrustedOrigin(instanceUrl, context.settings.sandbox);
  }

  /** Kept in memory first: if storing fails, the next login must not use the token that was just replaced. */
  async function keepRotated(refreshToken: string): Promise<void> {
    if (credentials.kind !== 'refresh' || (credentials.refreshToken === refreshToken && !unsaved)) return;
    credentials = { ...credentials, refreshToken };
    unsaved = true;
    await context.saveCredentials(credentials);
    unsaved = false;
  }

  async function shared(
    purpose: Purpose,
    options: CallOptions,
    refused: Session | null = null,
  ): Promise<Session> {
    login ??= open(purpose, refused)
      .then((fresh) => (session = fresh))
      .finally(() => (login = null));
    try {
      return await withinDeadline(login, options);
    } catch (error) {
      if (error instanceof DeadlineError || error instanceof LoginTurnTaken)
        throw silence(new Unanswered(false, error), purpose);
      throw error;
    }
  }

  return {
    current: async (purpose, options) => session ?? shared(purpose, options),
    async renewed(refused, purpose, options) {
      if (session?.accessToken === refused.accessToken) session = null;
      return session ?? shared(purpose, options, refused);
    },
    accepted() {
      freshRefusals = 0;
    },
    refusedFresh() {
      freshRefusals += 1;
      return freshRefusals > 1;
    },
  };
}

function sessionOf({ accessToken, instanceUrl, organizationId, userId }: Session): Session {
  return { accessToken, instanceUrl, organizationId, userId };
}

/** A token is only ever sent to Salesforce, whatever address the answer names. */
export function toSession(token: Token, settings: Settings, purpose: Purpose): Session {
  if (!isTrustedOrigin(token.instance_url, settings.sandbox)) {
    throw untrustedInstance(hostOf(token.instance_url), purpose);
  }
  const [organizationId = '', userId = ''] = token.id.split('/').slice(-2);
  return {
    accessToken: token.access_token,
    instanceUrl: new URL(token.instance_url).origin,
    organizationId,
    userId,
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'something that is no address';
}
