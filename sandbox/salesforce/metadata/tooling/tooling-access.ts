import { viewOf, wholeOf } from '../../access/act-as.ts';
import type { UserPermission } from '../../access/permission-objects.ts';
import type { ApiRequest } from '../../rest/request.ts';
import { RestError } from '../../rest/rest-error.ts';
import type { Sandbox } from '../../sandbox.ts';

/** The whole org, for a user who may look at its set-up or change it. Provoked by: a user without the permission. */
export function adminOf(request: ApiRequest, permission: UserPermission): Sandbox {
  const whole = wholeOf(request.sandbox);
  if (viewOf(whole, request.actor.userId).permissions.has(permission)) return whole;
  throw new RestError(
    403,
    'INSUFFICIENT_ACCESS',
    'You do not have the permission to see or change the setup',
  );
}
