import { z } from 'zod';
import { canonicalId } from '../../ids.ts';
import { readJson, type ApiRequest, type Reply } from '../../rest/request.ts';
import { notFound, RestError } from '../../rest/rest-error.ts';

const pushSchema = z.object({
  pushEvents: z.array(z.object({ payload: z.string(), userIds: z.array(z.string()).default([]) })).min(1),
});

/** `POST /sobjects/StreamingChannel/{id}/push`: tells something on a generic channel. Users named are not told apart: all are told. */
export function pushGenericEvents(request: ApiRequest): Reply {
  const { org, streaming } = request.sandbox;
  const known = org.preset.schema.object('StreamingChannel') !== undefined;
  const row = known
    ? org.table('StreamingChannel').get(canonicalId(request.params['id'] ?? '') ?? '')
    : undefined;
  if (row === undefined || row['IsDeleted'] === true) throw notFound();
  const parsed = pushSchema.safeParse(readJson(request));
  if (!parsed.success) throw new RestError(400, 'JSON_PARSER_ERROR', z.prettifyError(parsed.error));
  const { pushEvents } = parsed.data;
  for (const { payload } of pushEvents) streaming.publish(String(row['Name']), {}, { payload });
  // Told to everybody: then the vendor counts nobody (jsforce's own test: fanoutCount -1).
  const result = { fanoutCount: -1, userOnlineStatus: {} };
  return { status: 200, body: pushEvents.map(() => result), records: pushEvents.length };
}
