/**
 * Sessions. One login at a time however many calls ask for it, at most one renewal per call, never a password.
 * jsforce is given no refresh function on purpose: with one, it repeats a refused request for ever (facts 1.1).
 */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { DeadlineError, withinDeadline } from './deadline.ts';
import {
  refusedToken,
  silence,
  Unanswered,
  unreadable,
  untrustedInstance,
  type Answer,
  type Purpose,
} from './errors.ts';
import { isTrustedOrigin } from './hosts.ts';
import { TokenAnswer } from './schema.ts';
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

/** Sends a form to an absolute URL without a session. */
export type PostForm = (
  url: string,
  form: Readonly<Record<string, string>>,
  options: CallOptions,
) => Promise<Answer>;

const LOGIN_TIMEOUT_MS = 20_000;
/** Salesforce's help asks for three minutes at most (facts 1.2). */
const ASSERTION_SECONDS = 180;
const SKEW_MS = 60_000;

export function openSessions(context: ConnectorContext<Settings, Credentials>, postForm: PostForm): Sessions {
  let credentials = context.credentials;
  let session: Session | null = null;
  let login: Promise<Session> | null = null;
  let unsaved = false;
  let freshRefusals = 0;

  async function logIn(purpose: Purpose): Promise<Session> {
    // The login outlives the call that began it: others may be waiting for it with more time left.
    const options = { deadline: Date.now() + LOGIN_TIMEOUT_MS };
    const form =
      credentials.kind === 'jwt' ? await assertionForm(credentials, context) : refreshForm(credentials);
    const answer = await exchange(form, purpose, options);
    if (answer.refresh_token !== undefined) await keepRotated(answer.refresh_token);
    return toSession(answer, context.settings, purpose);
  }

  async function exchange(purpose: Purpose, options: CallOptions): Promise<TokenAnswer> {
    const now = context.clock.now();
    let answer = await ask(now, purpose, options);
    const theirs = vendorTime(answer);
    // A signed login is only valid for minutes, so a clock that is off by more can never log in by its own time.
    if (
      credentials.kind === 'jwt' &&
      answer.status === 400 &&
      theirs &&
      Math.abs(theirs.getTime() - now.getTime()) > SKEW_MS
    ) {
      context.log.warn(
        { vendorTime: theirs, ourTime: now },
        'our clock differs from Salesforce; signing the login by theirs',
      );
      answer = await ask(theirs, purpose, options);
    }
    if (answer.status !== 200) throw refusedToken(answer, purpose);
    const parsed = TokenAnswer.safeParse(answer.body);
    if (!parsed.success)
      throw unreadable({ ...purpose, write: false }, 'a login without token, address or identity');
    return parsed.data;
  }

  async function ask(now: Date, purpose: Purpose, options: CallOptions): Promise<Answer> {
    const form =
      credentials.kind === 'jwt'
        ? await assertionForm(credentials, context.settings, now)
        : refreshForm(credentials);
    try {
      return await postForm(`${context.settings.loginUrl}/services/oauth2/token`, form, options);
    } catch (error) {
      // Whatever happened to the login, the call it was for has not been sent.
      if (error instanceof Unanswered) throw silence(new Unanswered(false, error.cause), purpose);
      throw error;
    }
  }

  /** Kept in memory first: if storing fails, the next login must not use the token that was just replaced. */
  async function keepRotated(refreshToken: string): Promise<void> {
    if (credentials.kind !== 'refresh') return;
    if (credentials.refreshToken === refreshToken && !unsaved) return;
    credentials = { ...credentials, refreshToken };
    unsaved = true;
    await context.saveCredentials(credentials);
    unsaved = false;
  }
  async function shared(purpose: Purpose, options: CallOptions): Promise<Session> {
    login ??= logIn(purpose)
      .then((fresh) => (session = fresh))
      .finally(() => (login = null));
    try {
      return await withinDeadline(login, options);
    } catch (error) {
      if (error instanceof DeadlineError) throw silence(new Unanswered(false, error), purpose);
      throw error;
    }
  }

  return {
    current: async (purpose, options) => session ?? shared(purpose, options),
    async renewed(refused, purpose, options) {
      if (session?.accessToken === refused.accessToken) session = null;
      return session ?? shared(purpose, options);
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

type TokenAnswer = ReturnType<typeof TokenAnswer.parse>;

function vendorTime(answer: Answer): Date | null {
  const date = new Date(answer.headers['date'] ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

async function assertionForm(
  credentials: Extract<Credentials, { kind: 'jwt' }>,
  settings: Settings,
  now: Date,
): Promise<Record<string, string>> {
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(credentials.clientId)
    .setSubject(credentials.username)
    .setAudience(settings.loginUrl)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + ASSERTION_SECONDS)
    .sign(createPrivateKey(credentials.privateKey));
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
}

function refreshForm(credentials: Extract<Credentials, { kind: 'refresh' }>): Record<string, string> {
  return {
    grant_type: 'refresh_token',
    refresh_token: credentials.refreshToken,
    client_id: credentials.clientId,
    ...(credentials.clientSecret === undefined ? {} : { client_secret: credentials.clientSecret }),
  };
}

/** A token is only ever sent to Salesforce, whatever address the answer names. */
function toSession(answer: TokenAnswer, settings: Settings, purpose: Purpose): Session {
  if (!isTrustedOrigin(answer.instance_url, settings.sandbox)) {
    throw untrustedInstance(hostOf(answer.instance_url), purpose);
  }
  const [organizationId = '', userId = ''] = answer.id.split('/').slice(-2);
  return {
    accessToken: answer.access_token,
    instanceUrl: new URL(answer.instance_url).origin,
    organizationId,
    userId,
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'something that is no address';
}
