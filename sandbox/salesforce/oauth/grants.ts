import { timingSafeEqual } from 'node:crypto';
import { errors, importSPKI, jwtVerify } from 'jose';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { Credentials } from './credentials.ts';
import { OauthError } from './oauth-error.ts';

/** What the token endpoint needs to know. */
export interface GrantContext {
  credentials: Credentials;
  clock: SandboxClock;
  loginUrl: string;
  /** False once the refresh token was revoked. */
  refreshTokenValid(): boolean;
}

/** Longest validity of an assertion: the help says 3 minutes, shipped clients send 5. */
const MAX_ASSERTION_SECONDS = 300;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type Grant = (context: GrantContext, form: URLSearchParams) => Promise<void> | void;

const GRANTS: Readonly<Record<string, Grant>> = {
  refresh_token: byRefreshToken,
  password: byPassword,
  client_credentials: byClientCredentials,
  [JWT_BEARER]: byAssertion,
};

/** Checks a token request. Returns the grant's name; throws an OauthError when it is refused. */
export async function checkGrant(context: GrantContext, form: URLSearchParams): Promise<string> {
  const name = form.get('grant_type') ?? '';
  const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined;
  if (grant === undefined) throw new OauthError('unsupported_grant_type', 'grant type not supported');
  await grant(context, form);
  return name;
}

/** Whether two secrets are the same, without telling how far they agree. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function byRefreshToken(context: GrantContext, form: URLSearchParams): void {
  checkClient(context, form, 'optional');
  const token = form.get('refresh_token') ?? '';
  if (!context.refreshTokenValid() || !sameSecret(token, context.credentials.refreshToken)) {
    throw new OauthError('invalid_grant', 'expired access/refresh token');
  }
}

function byPassword(context: GrantContext, form: URLSearchParams): void {
  checkClient(context, form, 'required');
  const { username, password } = context.credentials;
  if (
    !sameSecret(form.get('username') ?? '', username) ||
    !sameSecret(form.get('password') ?? '', password)
  ) {
    throw new OauthError('invalid_grant', 'authentication failure');
  }
}

function byClientCredentials(context: GrantContext, form: URLSearchParams): void {
  checkClient(context, form, 'required');
}

function checkClient(context: GrantContext, form: URLSearchParams, secret: 'required' | 'optional'): void {
  const { credentials } = context;
  if (form.get('client_id') !== credentials.clientId) {
    throw new OauthError('invalid_client_id', 'client identifier invalid');
  }
  const given = form.get('client_secret');
  if (given === null && secret === 'optional') return;
  if (!sameSecret(given ?? '', credentials.clientSecret)) {
    throw new OauthError('invalid_client', 'invalid client credentials');
  }
}

/** JWT bearer: RS256 by the connected app's key, issued by the app for the user, to this host, valid for minutes. */
async function byAssertion(context: GrantContext, form: URLSearchParams): Promise<void> {
  const { credentials, clock, loginUrl } = context;
  const claims = await verify(form.get('assertion') ?? '', credentials.publicKey, clock.now());
  if (claims['iss'] !== credentials.clientId)
    throw new OauthError('invalid_client_id', 'client identifier invalid');
  const audiences = [claims['aud']].flat();
  const accepted = [loginUrl, 'https://login.salesforce.com', 'https://test.salesforce.com'];
  if (!audiences.some((audience) => accepted.includes(String(audience).replace(/\/$/, '')))) {
    throw new OauthError('invalid_grant', 'audience is invalid');
  }
  const lifetime = Number(claims['exp']) - clock.ms() / 1000;
  if (lifetime > MAX_ASSERTION_SECONDS + 5) throw new OauthError('invalid_grant', 'invalid assertion');
  if (claims['sub'] !== credentials.username) {
    throw new OauthError('invalid_grant', "user hasn't approved this consumer");
  }
}

async function verify(assertion: string, publicKey: string, now: Date): Promise<Record<string, unknown>> {
  try {
    const key = await importSPKI(publicKey, 'RS256');
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ['RS256'],
      currentDate: now,
      requiredClaims: ['iss', 'sub', 'aud', 'exp'],
    });
    return payload;
  } catch (error) {
    const expired = error instanceof errors.JWTExpired;
    throw new OauthError('invalid_grant', expired ? 'expired authorization code' : 'invalid assertion');
  }
}
