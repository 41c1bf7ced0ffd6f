import { requestedType, type ApiRequest, type Reply } from './request.ts';

/** `GET /quickActions` and `GET /sobjects/{type}/quickActions`: nobody has set one up in this org. */
export function listQuickActions(request: ApiRequest): Reply {
  if (request.params['type'] !== undefined) requestedType(request);
  return { status: 200, body: [], records: 0 };
}
