import type { Call, Route } from '../http/call.ts';
import { ownerPaths } from '../http/paths.ts';
import { invalid, notFound, type Answer } from '../http/vendor-error.ts';
import { flagParam } from '../objects/read-options.ts';
import type { Owner } from '../portal/owners.ts';

const MAX_PAGE = 500;

/** `/crm/v3/owners…`. */
export function ownerRoutes(): Route[] {
  return [...routes('', readAll), ...routes('/{ownerId}', readOne)];
}

function routes(rest: string, handle: Route['handle']): Route[] {
  const scopes = (): string[][] => [['crm.objects.owners.read']];
  return ownerPaths(rest).map((pattern) => {
    return { method: 'GET', pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function readAll(call: Call): Answer {
  const email = call.query.get('email');
  const archived = flagParam(call, 'archived');
  const limit = Number(call.query.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw invalid(`limit must be between 1 and ${MAX_PAGE}`);
  }
  const after = Number(call.query.get('after') ?? 0);
  const matching = call.sandbox.portal.owners.filter(
    (owner) => owner.archived === archived && (email === null || owner.email === email.toLowerCase()),
  );
  const rest = matching.filter(({ id }) => Number(id) > after);
  const page = rest.slice(0, limit);
  const more = rest.length > limit ? { paging: { next: { after: page.at(-1)?.id } } } : {};
  return { status: 200, json: { results: page.map((owner) => present(call, owner)), ...more } };
}

function readOne(call: Call): Answer {
  const { ownerId } = call.params;
  const byUser = call.query.get('idProperty') === 'userId';
  const archived = flagParam(call, 'archived');
  const owner = call.sandbox.portal.owners.find(
    (one) => (byUser ? String(one.userId) : one.id) === ownerId && one.archived === archived,
  );
  if (owner === undefined) throw notFound(`Owner ${ownerId} does not exist`);
  return { status: 200, json: present(call, owner) };
}

function present(call: Call, { userId, ...owner }: Owner): unknown {
  const { createdAt } = call.sandbox.portal;
  const user = owner.archived
    ? { userIdIncludingInactive: userId }
    : { userId, userIdIncludingInactive: userId };
  return { ...owner, ...user, type: 'PERSON', createdAt, updatedAt: createdAt };
}
