import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { VendorError, type Answer } from '../http/vendor-error.ts';

/** The page on which an admin of the portal lets the OAuth app in; in HubSpot it is at app.hubspot.com. */
export function authorisePageRoutes(): Route[] {
  const open = { scopes: () => [], authenticated: false, limit: 'none' } as const;
  return [
    { ...open, method: 'GET', pattern: '/oauth/authorize', handle: showPage },
    { ...open, method: 'POST', pattern: '/oauth/authorize', handle: decide },
  ];
}

const askedSchema = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  scope: z.string(),
  optional_scope: z.string().default(''),
  state: z.string().optional(),
  code_challenge: z.string().optional(),
  code_challenge_method: z.literal('S256').optional(),
});
type Asked = z.infer<typeof askedSchema>;

function showPage(call: Call): Answer {
  const asked = readAsked(call, Object.fromEntries(call.query));
  const hidden = Object.entries(asked).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(String(value))}">`,
  );
  const wanted = escapeHtml(`${asked.scope} ${asked.optional_scope}`.trim());
  const html = [
    '<!DOCTYPE html><html><head><title>Connect app</title></head><body>',
    `<p>An app wants to: ${wanted}</p>`,
    `<form method="post" action="/oauth/authorize">${hidden.join('')}`,
    '<button name="decision" value="grant">Connect app</button>',
    '<button name="decision" value="deny">Cancel</button></form></body></html>',
  ];
  return { status: 200, html: html.join('') };
}

function decide(call: Call): Answer {
  const form = Object.fromEntries(new URLSearchParams(call.body.toString()));
  const asked = readAsked(call, form);
  const target = new URL(asked.redirect_uri);
  if (form['decision'] === 'grant') {
    const { redirect_uri: redirectUri, code_challenge: codeChallenge } = asked;
    const scopes = grantedScopes(call, asked);
    target.searchParams.set('code', call.sandbox.codes.issue({ redirectUri, scopes, codeChallenge }));
  } else target.searchParams.set('error', 'access_denied');
  if (asked.state !== undefined) target.searchParams.set('state', asked.state);
  return { status: 302, headers: { Location: target.href } };
}

/** @throws VendorError a page that names what is wrong: nobody is sent to an address that was not checked. */
function readAsked(call: Call, given: Record<string, string>): Asked {
  const parsed = askedSchema.safeParse(given);
  if (!parsed.success) throw refusal(`missing or wrong: ${parsed.error.issues[0]?.path.join('.')}`);
  const asked = parsed.data;
  const { credentials, settings } = call.sandbox;
  if (asked.client_id !== credentials.clientId) throw refusal('no app has this client_id');
  if (!isRedirectUri(asked.redirect_uri, settings.redirectUris)) {
    throw refusal('redirect_uri is not one of the app, or neither https nor this machine');
  }
  const beyond = words(asked.scope).filter((scope) => !settings.scopes.includes(scope));
  if (beyond.length > 0) throw refusal(`the app is not set up for these scopes: ${beyond.join(', ')}`);
  return asked;
}

/** All that are required, and of the optional ones those that the account has. */
function grantedScopes(call: Call, { scope, optional_scope: optional }: Asked): string[] {
  const had = words(optional).filter((one) => call.sandbox.settings.scopes.includes(one));
  return [...new Set([...words(scope), ...had])];
}

function isRedirectUri(text: string, registered: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  if (registered.length > 0) return registered.includes(text);
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.0\.0\.1)$/.test(hostname));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function refusal(why: string): VendorError {
  const html = `<!DOCTYPE html><html><body><h1>Authorization failed</h1><p>${escapeHtml(why)}</p></body></html>`;
  return new VendorError({ status: 400, html, error: why });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
