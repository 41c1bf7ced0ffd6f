import type { Sandbox } from '../sandbox.ts';
import { sameSecret } from './log-in.ts';
import { OauthError } from './oauth-error.ts';

/** Scopes the connected app has; a request may ask for fewer. */
const APP_SCOPES = ['refresh_token', 'api', 'id', 'web', 'openid', 'full', 'offline_access'];
const DEFAULT_SCOPE = 'refresh_token api id';

/** Checks who calls. Throws invalid_client_id or invalid_client. */
export function checkClient(sandbox: Sandbox, form: URLSearchParams, secret: 'required' | 'optional'): void {
  const { credentials } = sandbox;
  if (form.get('client_id') !== credentials.clientId) {
    throw new OauthError('invalid_client_id', 'client identifier invalid');
  }
  const given = form.get('client_secret');
  if (given === null && secret === 'optional') return;
  if (!sameSecret(given ?? '', credentials.clientSecret)) {
    throw new OauthError('invalid_client', 'invalid client credentials');
  }
}

/** The scope a request ends with: what it asked for, or the app's own. Throws invalid_scope. */
export function grantedScope(asked: string | null): string {
  const wanted = (asked ?? '').split(/\s+/).filter((scope) => scope !== '');
  if (wanted.some((scope) => !APP_SCOPES.includes(scope)))
    throw new OauthError('invalid_scope', 'the requested scope is invalid, unknown or malformed');
  return wanted.length === 0 ? DEFAULT_SCOPE : [...new Set(wanted)].join(' ');
}

/** Whether the scope lets the client have a refresh token. */
export function mayRefresh(scope: string): boolean {
  return /\b(refresh_token|offline_access|full)\b/.test(scope);
}
