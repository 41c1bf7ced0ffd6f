import { z } from 'zod';
import { malformedSearch, parseSosl, readScope, type Returning, type Search } from '../sosl/parse-sosl.ts';
import { runSearch } from '../sosl/run-search.ts';
import { queryOptions } from './query-options.ts';
import { readJson, type ApiRequest, type Reply } from './request.ts';
import { RestError } from './rest-error.ts';

/** `GET /search?q=FIND {…}` */
export function search(request: ApiRequest): Reply {
  const sosl = request.query.get('q');
  if (sosl === null || sosl.trim() === '')
    throw malformedSearch('No search term found. The search term must be enclosed in braces.');
  return answer(request, parseSosl(sosl));
}

const Parameters = z.object({
  q: z.string(),
  in: z.enum(['ALL', 'NAME', 'EMAIL', 'PHONE', 'SIDEBAR']).optional(),
  fields: z.array(z.string()).optional(),
  sobjects: z
    .array(
      z.object({
        name: z.string(),
        fields: z.array(z.string()).optional(),
        where: z.string().optional(),
        orderBy: z.string().optional(),
        limit: z.number().int().min(1).max(2000).optional(),
      }),
    )
    .optional(),
  overallLimit: z.number().int().min(1).max(2000).optional(),
  defaultLimit: z.number().int().min(1).max(2000).optional(),
  offset: z.number().int().min(0).max(2000).optional(),
});
type Parameters = z.infer<typeof Parameters>;

/** `POST /parameterizedSearch` with a body, or `GET /parameterizedSearch?q=&sobject=&Account.fields=`. */
export function parameterizedSearch(request: ApiRequest): Reply {
  const given = request.method === 'POST' ? readJson(request) : readParameters(request.query);
  const parsed = Parameters.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RestError(400, 'JSON_PARSER_ERROR', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return answer(request, toSearch(parsed.data));
}

function readParameters(query: URLSearchParams): Record<string, unknown> {
  const list = (name: string): string[] | undefined => query.get(name)?.split(',');
  const number = (name: string): number | undefined =>
    query.get(name) === null ? undefined : Number(query.get(name));
  return {
    q: query.get('q') ?? undefined,
    in: query.get('in') ?? undefined,
    fields: list('fields'),
    sobjects: query.getAll('sobject').map((name) => ({
      name,
      fields: list(`${name}.fields`),
      where: query.get(`${name}.where`) ?? undefined,
      orderBy: query.get(`${name}.orderBy`) ?? undefined,
      limit: number(`${name}.limit`),
    })),
    overallLimit: number('overallLimit'),
    defaultLimit: number('defaultLimit'),
    offset: number('offset'),
  };
}

function toSearch(given: Parameters): Search {
  const returning = (given.sobjects ?? []).map((one): Returning => ({
    object: one.name,
    fields: one.fields ?? given.fields ?? [],
    clauses: [
      one.where === undefined ? '' : `WHERE ${one.where}`,
      one.orderBy === undefined ? '' : `ORDER BY ${one.orderBy}`,
    ]
      .join(' ')
      .trim(),
    limit: one.limit ?? given.defaultLimit,
    offset: given.offset ?? 0,
  }));
  return {
    text: given.q,
    scope: readScope(given.in),
    returning: returning.length === 0 ? undefined : returning,
    limit: given.overallLimit,
  };
}

function answer(request: ApiRequest, asked: Search): Reply {
  const { org, clock, settings } = request.sandbox;
  const searchRecords = runSearch(org, asked, {
    ...queryOptions(request, false),
    indexedBefore: clock.ms() - settings.current.searchIndexDelayMs,
  });
  return { status: 200, body: { searchRecords }, records: searchRecords.length };
}
