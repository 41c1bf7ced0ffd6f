import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { objectPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import type { Answer } from '../http/vendor-error.ts';
import { appAuthor } from '../records/author.ts';
import type { CrmRecord } from '../records/record.ts';
import { batchCreate } from './batch-create.ts';
import { batchRead } from './batch-read.ts';
import { batchUpdate } from './batch-update.ts';
import { batchUpsert } from './batch-upsert.ts';
import { checkBatchSize, checkDuplicateIds } from './batch-writes.ts';
import { typeIn } from './find-record.ts';
import { idSchema } from './input-shapes.ts';
import { readScopes, writeScopes } from './scopes.ts';

/** `POST …/{objectType}/batch/*`. */
export function batchRoutes(): Route[] {
  return [
    ...post('create', writeScopes, batchCreate),
    ...post('update', writeScopes, batchUpdate),
    ...post('upsert', writeScopes, batchUpsert),
    ...post('archive', writeScopes, batchArchive),
    ...post('read', readScopes, batchRead),
  ];
}

function post(verb: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return objectPaths(`/{objectType}/batch/${verb}`).map((pattern) => ({
    method: 'POST',
    pattern,
    scopes,
    authenticated: true,
    limit: 'burst',
    handle,
  }));
}

const archiveSchema = z.object({ inputs: z.array(z.object({ id: idSchema })) });

/** Archiving what is not there succeeds: the end state is the same (204). */
function batchArchive(call: Call): Answer {
  const { inputs } = readJson(call, archiveSchema);
  const type = typeIn(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length);
  checkDuplicateIds(inputs.map(({ id }) => id));
  const live = inputs
    .map(({ id }) => call.sandbox.ledger.stores[type.id].live(id))
    .filter((record): record is CrmRecord => record !== undefined);
  call.sandbox.ledger.commitRecords(
    appAuthor(call.grant?.appId ?? 0, call.requestId),
    [...new Set(live)].map(({ id }) => ({ op: 'delete', type: type.id, id, values: {} })),
  );
  return { status: 204 };
}
