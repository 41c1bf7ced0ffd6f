import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { objectPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { invalid, objectNotFound, VendorError, type Answer } from '../http/vendor-error.ts';
import { appAuthor } from '../records/author.ts';
import { planMerge } from '../records/plan-merge.ts';
import { typeIn } from './find-record.ts';
import { idSchema } from './input-shapes.ts';
import { namesToShow, presentRead } from './present.ts';
import { writeScopes } from './scopes.ts';

const mergeSchema = z.object({ primaryObjectId: idSchema, objectIdToMerge: idSchema });

/** Merges a record may go through (facts: Merge/archive). */
const MERGE_LIMIT = 250;

/** `POST …/{objectType}/merge`. */
export function mergeRoutes(): Route[] {
  return objectPaths('/{objectType}/merge').map((pattern) => {
    return {
      method: 'POST',
      pattern,
      scopes: writeScopes,
      authenticated: true,
      limit: 'burst',
      handle: merge,
    };
  });
}

function merge(call: Call): Answer {
  const { primaryObjectId, objectIdToMerge } = readJson(call, mergeSchema);
  const type = typeIn(call);
  call.records = 1;
  const store = call.sandbox.ledger.stores[type.id];
  const primary = store.live(primaryObjectId);
  const merged = store.live(objectIdToMerge);
  if (primary === undefined || merged === undefined) throw objectNotFound();
  if (primary === merged) throw invalid('A record cannot be merged with itself.');
  if (primary.mergedIds.length + merged.mergedIds.length >= MERGE_LIMIT) {
    throw new VendorError({
      status: 414,
      json: { status: 'error', message: `A record cannot be merged more than ${MERGE_LIMIT} times.` },
      error: 'too many merges',
    });
  }
  const author = appAuthor(call.grant?.appId ?? 0, call.requestId);
  const record = call.sandbox.ledger.commitMerge(author, planMerge(call.sandbox, primary, merged));
  return { status: 200, json: presentRead(record, namesToShow(type.id, [])) };
}
