import { z } from 'zod';
import type { Call } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import type { Answer } from '../http/vendor-error.ts';
import {
  checkBatchSize,
  checkDuplicateIds,
  commitBatch,
  injectItemFault,
  type PlannedInput,
} from './batch-writes.ts';
import { checkWriteKey, findRecord, missingText, typeIn, withMissing } from './find-record.ts';
import { idSchema, propertiesSchema, traceSchema } from './input-shapes.ts';
import { planUpdate, type Claims } from './plan-write.ts';
import { otherFault } from './write-fault.ts';

/** Inputs of updates and upserts alike. */
export const updateSchema = z.object({
  inputs: z.array(
    z.object({
      id: idSchema,
      idProperty: z.string().optional(),
      properties: propertiesSchema,
      objectWriteTraceId: traceSchema,
    }),
  ),
});

/** `batch/update` by id, or by a unique property named per input. */
export function batchUpdate(call: Call): Answer {
  const { inputs } = readJson(call, updateSchema);
  const type = typeIn(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length);
  for (const { idProperty } of inputs) if (idProperty !== undefined) checkWriteKey(call, type, idProperty);
  checkDuplicateIds(inputs.map(({ id }) => id));
  const claims: Claims = new Map();
  const unknown: string[] = [];
  const planned: PlannedInput[] = [];
  for (const { id, idProperty, properties, objectWriteTraceId: traceId } of inputs) {
    const fault = injectItemFault(call);
    const record = findRecord(call, type, id, idProperty);
    if (fault !== undefined) planned.push({ traceId, fault });
    else if (record !== undefined) {
      planned.push({ traceId, ...planUpdate(call, type, record, properties, claims) });
    } else if (call.sandbox.settings.unknownIdsInUpdate === 'multi-status') unknown.push(id);
    else planned.push({ traceId, fault: otherFault(404, 'OBJECT_NOT_FOUND', missingText(type)) });
  }
  const answer = commitBatch(call, planned, 200);
  return unknown.length === 0 ? answer : withMissing(answer, type, unknown);
}
