import type { ObjectType } from '../portal/object-types.ts';
import type { Sandbox } from '../sandbox.ts';
import { errorAnswer, VendorError } from '../http/vendor-error.ts';
import type { Route } from '../http/call.ts';
import type { Grant } from './tokens.ts';

/** The bearer token of a request, '' when there is none. */
export function bearerToken(header: string | undefined): string {
  return /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1] ?? '';
}

/** Accepts a token or answers 401 in HubSpot's words: expired and unknown differ in category. */
export function authenticate(sandbox: Sandbox, token: string): Grant {
  const verdict = sandbox.tokens.check(token);
  if (!('rejected' in verdict)) return verdict;
  if (verdict.rejected === 'unknown') throw unknownToken();
  const seconds = Math.floor((sandbox.clock.ms() - verdict.expiredAt) / 1000);
  throw new VendorError(
    errorAnswer(401, {
      message: `The OAuth token used to make this call expired ${seconds} second(s) ago.`,
      category: 'EXPIRED_AUTHENTICATION',
      context: { 'expire time': [new Date(verdict.expiredAt).toISOString()] },
    }),
  );
}

/** The answer to a missing, wrong or revoked token. */
export function unknownToken(): VendorError {
  return new VendorError(
    errorAnswer(401, {
      message:
        'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
      category: 'INVALID_AUTHENTICATION',
    }),
  );
}

/** Answers 403 MISSING_SCOPES unless every group of scopes has one that was granted. */
export function checkScopes(
  { scopes: granted, kind }: Grant,
  route: Route,
  types: Record<string, ObjectType>,
): void {
  // A token of the app itself belongs to no portal.
  if (kind === 'developer' && !route.pattern.startsWith('/webhooks-journal/')) throw unknownToken();
  const missing = route.scopes(types).find((group) => !group.some((scope) => granted.includes(scope)));
  if (missing === undefined) return;
  throw new VendorError(
    errorAnswer(403, {
      message:
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: missing },
        },
      ],
      links: { scopes: 'https://developers.hubspot.com/scopes' },
      category: 'MISSING_SCOPES',
    }),
  );
}
