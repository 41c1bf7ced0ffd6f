import { z } from 'zod';
import { AdminError } from './admin-error.ts';

/** A parsed admin request. */
export interface AdminRequest {
  /** Values of the `:names` in the path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Parsed JSON, not yet checked. */
  body: unknown;
}

/** One thing the admin port does: what `GET /api` says about it, and the doing. */
export interface AdminRoute {
  /** One sentence. */
  about: string;
  /** Shape of the body, for those that take one. */
  body?: z.ZodType;
  /** Query parameters it reads. */
  query?: readonly string[];
  run(request: AdminRequest): unknown;
}

/** Routes by `METHOD /path/:name`. */
export type AdminRoutes = Readonly<Record<string, AdminRoute>>;

/** A route with a checked body. */
export function withBody<T extends z.ZodType>(
  body: T,
  about: string,
  run: (body: z.infer<T>, request: AdminRequest) => unknown,
): AdminRoute {
  return { about, body, run: (request) => run(checked(body, request.body), request) };
}

/** Checks a body; what is wrong is told field by field. Throws {@link AdminError} 400. */
export function checked<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new AdminError(400, z.prettifyError(result.error), problemsOf(result.error.issues));
}

type Issue = z.core.$ZodIssue;

/** Of a union, the branch that came furthest says what was meant: it has the fewest complaints. */
function problemsOf(issues: readonly Issue[]): { field: string; reason: string }[] {
  return issues.flatMap((issue) => {
    const branches = issue.code === 'invalid_union' ? issue.errors : [];
    const closest = branches.toSorted((left, right) => left.length - right.length)[0];
    if (closest !== undefined && closest.length > 0) {
      return problemsOf(closest.map((one) => ({ ...one, path: [...issue.path, ...one.path] })));
    }
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return names.map((name) => ({
      field: [...issue.path, ...(name === undefined ? [] : [name])].join('.'),
      reason: issue.message,
    }));
  });
}

/** Finds the route of a request; undefined when there is none. */
export function findAdminRoute(
  routes: AdminRoutes,
  method: string,
  segments: readonly string[],
): { route: AdminRoute; params: Record<string, string> } | undefined {
  for (const [name, route] of Object.entries(routes)) {
    const [wanted = '', path = ''] = name.split(' ');
    const params = wanted === method ? paramsOf(path.slice(1).split('/'), segments) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const given = segments[at] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = given;
    else if (part !== given) return undefined;
  }
  return params;
}

/** What `GET /api` answers: every route with its body as JSON Schema. */
export function describeRoutes(routes: AdminRoutes): unknown[] {
  return Object.entries(routes).map(([name, { about, body, query }]) => {
    const [method, path] = name.split(' ');
    return {
      method,
      path,
      about,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: z.toJSONSchema(body, { unrepresentable: 'any', io: 'input' }) }),
    };
  });
}

/** Whole numbers of a query. Throws {@link AdminError} 400 for anything else. */
export function numbers<K extends string>(
  query: URLSearchParams,
  names: readonly K[],
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const name of names) {
    const text = query.get(name);
    if (text === null) continue;
    if (!/^\d+$/.test(text)) {
      throw new AdminError(400, `${name} must be a whole number`, [
        { field: name, reason: 'must be a whole number' },
      ]);
    }
    found[name] = Number(text);
  }
  return found;
}
