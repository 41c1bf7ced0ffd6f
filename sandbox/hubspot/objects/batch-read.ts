import { z } from 'zod';
import type { Call } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import type { Answer } from '../http/vendor-error.ts';
import { batchAnswer, checkBatchSize, checkDuplicateIds } from './batch-writes.ts';
import { archivedRecord, checkReadKey, findRecord, typeIn, withMissing } from './find-record.ts';
import { idSchema } from './input-shapes.ts';
import { namesToShow, presentHistories, presentRead } from './present.ts';
import { flagParam } from './read-options.ts';

const readSchema = z.object({
  inputs: z.array(z.object({ id: idSchema })),
  properties: z.array(z.string()).optional(),
  propertiesWithHistory: z.array(z.string()).optional(),
  idProperty: z.string().optional(),
});

/** Inputs allowed when histories are asked for. */
const HISTORY_LIMIT = 50;

/** `batch/read`: 207 names the ids it did not find. */
export function batchRead(call: Call): Answer {
  const { inputs, properties = [], propertiesWithHistory = [], idProperty } = readJson(call, readSchema);
  const type = typeIn(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length, propertiesWithHistory.length > 0 ? HISTORY_LIMIT : undefined);
  if (idProperty !== undefined) checkReadKey(call, type, idProperty);
  checkDuplicateIds(inputs.map(({ id }) => id));
  const names = namesToShow(type.id, [...properties, ...propertiesWithHistory]);
  const archived = flagParam(call, 'archived');
  const missing: string[] = [];
  const results: unknown[] = [];
  for (const { id } of inputs) {
    const record = archived ? archivedRecord(call, type, id) : findRecord(call, type, id, idProperty);
    if (record === undefined) missing.push(id);
    else {
      const shown = presentRead(record, names);
      if (propertiesWithHistory.length > 0) {
        const limit = call.sandbox.settings.historyLimit;
        shown.propertiesWithHistory = presentHistories(record, propertiesWithHistory, limit);
      }
      results.push(shown);
    }
  }
  const answer = batchAnswer(call, results, [], 200);
  return missing.length === 0 ? answer : withMissing(answer, type, missing);
}
