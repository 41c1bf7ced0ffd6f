import type { ObjectType } from '../schema/schema.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Row } from '../store/row.ts';
import { renderAttributes } from './render.ts';
import type { ApiRequest, Reply } from './request.ts';
import { RestError } from './rest-error.ts';

interface Viewed {
  type: string;
  id: string;
}

const KEPT = 200;
const DEFAULT_LIMIT = 200;

// Who looked at what, newest last. Like a browser's history it is convenience, not data: it begins empty at each start.
// Kept by the org's cursors, which all users' views of the sandbox share.
const histories = new WeakMap<Sandbox['cursors'], Map<string, Viewed[]>>();

/** Remembers that a user looked at records (`FOR VIEW`, `FOR REFERENCE`). */
export function markViewed(sandbox: Sandbox, userId: string, type: ObjectType, rows: readonly Row[]): void {
  const history = historyOf(sandbox, userId);
  const shown = rows.slice(0, KEPT).map((row) => ({ type: type.name, id: row['Id'] as string }));
  const ids = new Set(shown.map(({ id }) => id));
  const others = history.filter(({ id }) => !ids.has(id));
  history.splice(0, history.length, ...[...others, ...shown.toReversed()].slice(-KEPT));
}

function historyOf(sandbox: Sandbox, userId: string): Viewed[] {
  const users = histories.get(sandbox.cursors) ?? new Map<string, Viewed[]>();
  histories.set(sandbox.cursors, users);
  const history = users.get(userId) ?? [];
  users.set(userId, history);
  return history;
}

/** `GET /recent?limit=`: what the user looked at, newest first, of all objects. */
export function readRecent(request: ApiRequest): Reply {
  const asked = request.query.get('limit');
  if (asked !== null && !/^\d{1,4}$/.test(asked))
    throw new RestError(400, 'INVALID_QUERY_PARAMETER', `invalid value for parameter 'limit': ${asked}`);
  const records = recentItems(request, undefined).slice(0, asked === null ? DEFAULT_LIMIT : Number(asked));
  return { status: 200, body: records, records: records.length };
}

/** The records of an object (or of all) the request's user looked at, newest first; deleted ones are left out. */
export function recentItems(request: ApiRequest, type: ObjectType | undefined): Record<string, unknown>[] {
  const { org } = request.sandbox;
  const seen = historyOf(request.sandbox, request.actor.userId).toReversed();
  return seen.flatMap((viewed) => {
    if (type !== undefined && viewed.type !== type.name) return [];
    const row = org.table(viewed.type).get(viewed.id);
    return row === undefined || row['IsDeleted'] === true ? [] : [renderRecent(request, viewed.type, row)];
  });
}

function renderRecent(request: ApiRequest, typeName: string, row: Row): Record<string, unknown> {
  const { type } = request.sandbox.org.table(typeName);
  const name = type.fields.find((field) => field.nameField)?.name;
  return {
    attributes: renderAttributes(type, row['Id'] as string, request.version),
    Id: row['Id'],
    ...(name === undefined ? {} : { [name]: row[name] ?? null }),
  };
}
