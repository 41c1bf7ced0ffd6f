import { readSubrequests, runAll, runAllOrNone } from './composite-run.ts';
import { readJson, type ApiRequest, type Reply } from './request.ts';
import { RestError } from './rest-error.ts';

const MAX_SUBREQUESTS = 25;
const MAX_QUERIES_AND_COLLECTIONS = 5;

/** `POST /composite`: up to 25 requests in one, later ones may use `@{ref.field}` of earlier answers. */
export function runComposite(request: ApiRequest): Reply {
  const { allOrNone = false, compositeRequest } = readJson(request);
  const subrequests = readSubrequests(compositeRequest);
  if (subrequests.length > MAX_SUBREQUESTS) throw tooMany(`${MAX_SUBREQUESTS} subrequests`);
  const heavy = subrequests.filter(({ url }) => /\/(query|queryAll|composite\/sobjects)\b/.test(url));
  if (heavy.length > MAX_QUERIES_AND_COLLECTIONS)
    throw tooMany(`${MAX_QUERIES_AND_COLLECTIONS} query or collection subrequests`);
  const compositeResponse =
    allOrNone === true ? runAllOrNone(request, subrequests) : runAll(request, subrequests);
  return { status: 200, body: { compositeResponse }, records: subrequests.length };
}

function tooMany(what: string): RestError {
  return new RestError(400, 'LIMIT_EXCEEDED', `Limit reached: more than ${what}`);
}
