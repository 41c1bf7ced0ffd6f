/** One login: a signed assertion or a refresh token for a session. Never a password. Source: facts 1.2. */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { silence, Unanswered, unreadable, type Answer, type Purpose } from './errors.ts';
import { endedSession, neverConnected, refusedToken } from './login-errors.ts';
import { TokenAnswer } from './schema.ts';
import type { Credentials, Settings } from './settings.ts';

/** Sends a form to an absolute URL without a session. */
export type PostForm = (
  url: string,
  form: Readonly<Record<string, string>>,
  options: CallOptions,
) => Promise<Answer>;

export type Token = ReturnType<typeof TokenAnswer.parse>;

/** Salesforce's help asks for three minutes at most. */
const ASSERTION_SECONDS = 180;
const SKEW_MS = 60_000;

/** @throws SyncError `auth-expired` when Salesforce refuses, `unavailable` when it cannot be asked */
export async function logIn(
  context: ConnectorContext<Settings, Credentials>,
  credentials: Credentials,
  postForm: PostForm,
  purpose: Purpose,
  options: CallOptions,
): Promise<Token> {
  if (credentials.kind === 'unconnected') throw neverConnected(purpose);
  if (credentials.kind === 'session') throw endedSession(purpose);
  const now = context.clock.now();
  const ask = async (time: Date) =>
    requestToken(
      context.settings,
      await formOf(credentials, context.settings, time),
      postForm,
      purpose,
      options,
    );
  let answer = await ask(now);
  const theirs = skewedTime(answer, now);
  // A signed login is valid for minutes only, so a clock that is off by more can never log in by its own time.
  if (credentials.kind === 'jwt' && answer.status === 400 && theirs) {
    context.log.warn(
      { vendorTime: theirs, ourTime: now },
      'our clock is off: signing the login by the time of Salesforce',
    );
    answer = await ask(theirs);
  }
  return readToken(answer, purpose);
}

/** @throws SyncError `auth-expired` when Salesforce refused, `unavailable` when the answer is no login */
export function readToken(answer: Answer, purpose: Purpose): Token {
  if (answer.status !== 200) throw refusedToken(answer, purpose);
  const parsed = TokenAnswer.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw unreadable({ ...purpose, write: false }, 'a login without token, address or identity');
}

/** Posts to the token endpoint, or with `endpoint` to its neighbour. @throws SyncError when nothing answers */
export async function requestToken(
  settings: Settings,
  form: Readonly<Record<string, string>>,
  postForm: PostForm,
  purpose: Purpose,
  options: CallOptions,
  endpoint: 'token' | 'revoke' = 'token',
): Promise<Answer> {
  try {
    return await postForm(`${settings.loginUrl}/services/oauth2/${endpoint}`, form, options);
  } catch (error) {
    // Whatever happened to the login, the call it was for has not been sent.
    if (error instanceof Unanswered) throw silence(new Unanswered(false, error.cause), purpose);
    throw error;
  }
}

function skewedTime(answer: Answer, now: Date): Date | null {
  const theirs = new Date(answer.headers['date'] ?? Number.NaN);
  return Math.abs(theirs.getTime() - now.getTime()) > SKEW_MS ? theirs : null;
}

type Renewable = Extract<Credentials, { kind: 'jwt' | 'refresh' }>;

async function formOf(
  credentials: Renewable,
  settings: Settings,
  now: Date,
): Promise<Record<string, string>> {
  if (credentials.kind === 'jwt') return assertionForm(credentials, settings, now);
  return {
    grant_type: 'refresh_token',
    refresh_token: credentials.refreshToken,
    client_id: credentials.clientId,
    ...(credentials.clientSecret === undefined ? {} : { client_secret: credentials.clientSecret }),
  };
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
