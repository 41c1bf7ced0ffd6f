import type { Reply } from '../rest/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { grantedScope } from './client.ts';
import { renderLoginPage } from './login-page.ts';
import { checkMayLogIn, userOfPassword } from './log-in.ts';
import { OauthError } from './oauth-error.ts';
import { readForm } from './read-form.ts';
import type { OauthRequest } from './oauth-request.ts';

/**
 * `GET` and `POST /services/oauth2/authorize`: the authorization-code flow.
 * With `username` and `password` the user logs in and approves at once, and the answer is a redirect with the code;
 * without them a page asks for both. Errors that the client may know go to its redirect URI, others to the person.
 */
export function authorize(request: OauthRequest): Reply {
  const { sandbox } = request;
  const form = readForm(request);
  try {
    checkDestination(sandbox, form);
  } catch (error) {
    if (error instanceof OauthError) return plainRefusal(error);
    throw error;
  }
  try {
    return answer(sandbox, form);
  } catch (error) {
    if (error instanceof OauthError)
      return redirect(form, { error: error.code, error_description: error.message });
    throw error;
  }
}

/** Before these two are known to be right, nobody may be sent anywhere. */
function checkDestination(sandbox: Sandbox, form: URLSearchParams): void {
  if (form.get('client_id') !== sandbox.credentials.clientId)
    throw new OauthError('invalid_client_id', 'client identifier invalid');
  if (!sandbox.settings.current.oauthRedirectUris.includes(form.get('redirect_uri') ?? ''))
    throw new OauthError('redirect_uri_mismatch', 'redirect_uri must match configuration');
}

function answer(sandbox: Sandbox, form: URLSearchParams): Reply {
  const scope = checkRequest(sandbox, form);
  const [username, password] = [form.get('username'), form.get('password')];
  if (form.get('decision') === 'deny') throw new OauthError('access_denied', 'end-user denied authorization');
  if (username === null || password === null) return askFor(form, '');
  const user = userOfPassword(sandbox, username, password);
  if (user === undefined) return askFor(form, 'Please check your username and password.');
  const userId = user['Id'] as string;
  checkMayLogIn(sandbox, userId);
  sandbox.oauth.approvals.add(userId);
  const code = sandbox.oauth.codes.issue({
    userId,
    scope,
    redirectUri: form.get('redirect_uri') ?? '',
    challenge: form.get('code_challenge') ?? undefined,
  });
  return redirect(form, { code });
}

/** Checks what the client asks for; returns the scope it will have. */
function checkRequest(sandbox: Sandbox, form: URLSearchParams): string {
  if (form.get('response_type') !== 'code')
    throw new OauthError('unsupported_response_type', 'response type not supported');
  const challenge = form.get('code_challenge');
  if (challenge === null && sandbox.settings.current.oauthRequirePkce)
    throw new OauthError('invalid_request', 'missing required code challenge');
  // The vendor knows S256 only, and takes it for granted.
  const method = form.get('code_challenge_method') ?? 'S256';
  if (challenge !== null && (method !== 'S256' || !/^[A-Za-z0-9\-_]{43}$/.test(challenge)))
    throw new OauthError('invalid_request', 'invalid code challenge');
  return grantedScope(form.get('scope'));
}

/** Nobody is logged in here from before, so whoever forbids the page gets nothing. */
function askFor(form: URLSearchParams, problem: string): Reply {
  if (form.get('immediate') === 'true')
    throw new OauthError('immediate_unsuccessful', 'user is not logged in or has not approved the app');
  if (form.get('prompt')?.split(' ').includes('none') === true)
    throw new OauthError('login_required', 'the user must log in');
  return {
    status: problem === '' ? 200 : 400,
    json: renderLoginPage(form, problem),
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    records: 0,
  };
}

function redirect(form: URLSearchParams, parameters: Record<string, string>): Reply {
  const target = new URL(form.get('redirect_uri') ?? '');
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  const state = form.get('state');
  if (state !== null) target.searchParams.set('state', state);
  return { status: 302, headers: { location: target.href }, records: 0 };
}

/** `error=…&error_description=…` as plain text: what a person sees whom the app sent here with wrong parameters. */
function plainRefusal(error: OauthError): Reply {
  const text = `error=${error.code}&error_description=${encodeURIComponent(error.message)}`;
  return { status: 400, json: text, headers: { 'content-type': 'text/plain; charset=UTF-8' }, records: 0 };
}
