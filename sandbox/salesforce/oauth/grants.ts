import { errors, importSPKI, jwtVerify } from 'jose';
import type { Sandbox } from '../sandbox.ts';
import { checkClient, grantedScope, mayRefresh } from './client.ts';
import { checkMayLogIn, userNamed, userOfPassword } from './log-in.ts';
import { OauthError } from './oauth-error.ts';
import type { RefreshToken } from './refresh-tokens.ts';

/** What a token request is granted. */
export interface Granted {
  userId: string;
  scope: string;
  /** The refresh token the access token comes from, and goes with. */
  parent?: RefreshToken;
  /** Set when the client is to be told a refresh token: the first one, or the one that replaces its own. */
  refreshToken?: string;
  /** The assertion flow answers without `signature` and `issued_at`. */
  signed: boolean;
}

/** Longest validity of an assertion: the help says 3 minutes, shipped clients send 5. */
const MAX_ASSERTION_SECONDS = 300;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type Grant = (sandbox: Sandbox, form: URLSearchParams) => Promise<Granted> | Granted;

const GRANTS: Readonly<Record<string, Grant>> = {
  authorization_code: byCode,
  refresh_token: byRefreshToken,
  password: byPassword,
  client_credentials: byClientCredentials,
  [JWT_BEARER]: byAssertion,
};

/** Checks a token request and says what it gets. Throws an OauthError when it is refused. */
export async function checkGrant(sandbox: Sandbox, form: URLSearchParams): Promise<Granted> {
  const name = form.get('grant_type') ?? '';
  const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined;
  if (grant === undefined) throw new OauthError('unsupported_grant_type', 'grant type not supported');
  const granted = await grant(sandbox, form);
  checkMayLogIn(sandbox, granted.userId);
  return granted;
}

function byCode(sandbox: Sandbox, form: URLSearchParams): Granted {
  checkClient(sandbox, form, sandbox.settings.current.oauthSecretForCode ? 'required' : 'optional');
  const { userId, scope } = sandbox.oauth.codes.redeem(form.get('code') ?? '', {
    redirectUri: form.get('redirect_uri') ?? '',
    verifier: form.get('code_verifier') ?? undefined,
  });
  checkMayLogIn(sandbox, userId);
  if (!mayRefresh(scope)) return { userId, scope, signed: true };
  const parent = sandbox.oauth.refreshTokens.issue(userId, scope);
  return { userId, scope, parent, refreshToken: parent.token, signed: true };
}

function byRefreshToken(sandbox: Sandbox, form: URLSearchParams): Granted {
  const { oauthSecretForRefresh, oauthRotateRefreshTokens, oauthRefreshTokenDays } = sandbox.settings.current;
  checkClient(sandbox, form, oauthSecretForRefresh ? 'required' : 'optional');
  const { refreshTokens } = sandbox.oauth;
  const known = refreshTokens.find(form.get('refresh_token') ?? '');
  if (known === undefined) throw expired();
  const endsAt = known.usedAt + oauthRefreshTokenDays * 24 * 3600 * 1000;
  if (oauthRefreshTokenDays > 0 && endsAt <= sandbox.clock.ms()) throw expired();
  if (known.rotated) {
    // The token was replaced, and only a thief or a client that lost the answer still has it. The vendor cannot tell: both lose.
    refreshTokens.revokeFamily(known.family);
    sandbox.sessions.revokeFamily(known.family);
    throw expired();
  }
  checkMayLogIn(sandbox, known.userId);
  const { userId, scope } = known;
  if (!oauthRotateRefreshTokens) {
    if (oauthRefreshTokenDays > 0) refreshTokens.touch(known);
    return { userId, scope, parent: known, signed: true };
  }
  const next = refreshTokens.rotate(known);
  return { userId, scope, parent: next, refreshToken: next.token, signed: true };
}

function expired(): OauthError {
  return new OauthError('invalid_grant', 'expired access/refresh token');
}

function byPassword(sandbox: Sandbox, form: URLSearchParams): Granted {
  checkClient(sandbox, form, 'required');
  const user = userOfPassword(sandbox, form.get('username') ?? '', form.get('password') ?? '');
  if (user === undefined || !sandbox.settings.current.oauthPasswordFlow)
    throw new OauthError('invalid_grant', 'authentication failure');
  return { userId: user['Id'] as string, scope: grantedScope(form.get('scope')), signed: true };
}

function byClientCredentials(sandbox: Sandbox, form: URLSearchParams): Granted {
  checkClient(sandbox, form, 'required');
  return { userId: sandbox.users.integration, scope: grantedScope(form.get('scope')), signed: true };
}

/** JWT bearer: RS256 by the connected app's key, issued by the app for the user, to this host, valid for minutes. */
async function byAssertion(sandbox: Sandbox, form: URLSearchParams): Promise<Granted> {
  const { credentials, clock, url, settings, oauth } = sandbox;
  const claims = await verify(form.get('assertion') ?? '', credentials.publicKey, clock.now());
  if (claims['iss'] !== credentials.clientId)
    throw new OauthError('invalid_client_id', 'client identifier invalid');
  const audiences = [claims['aud']].flat();
  const accepted = [url, 'https://login.salesforce.com', 'https://test.salesforce.com'];
  if (!audiences.some((audience) => accepted.includes(String(audience).replace(/\/$/, '')))) {
    throw new OauthError('invalid_grant', 'audience is invalid');
  }
  const lifetime = Number(claims['exp']) - clock.ms() / 1000;
  if (lifetime > MAX_ASSERTION_SECONDS + 5) throw new OauthError('invalid_grant', 'invalid assertion');
  const user = userNamed(sandbox, String(claims['sub']));
  const userId = user?.['Id'] as string | undefined;
  const approved =
    userId !== undefined &&
    (oauth.approvals.has(userId) ||
      (settings.current.oauthPreapproved && userId === sandbox.users.integration));
  if (!approved) throw new OauthError('invalid_grant', "user hasn't approved this consumer");
  return { userId, scope: grantedScope(form.get('scope')), signed: false };
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
    const isExpired = error instanceof errors.JWTExpired;
    throw new OauthError('invalid_grant', isExpired ? 'expired authorization code' : 'invalid assertion');
  }
}
