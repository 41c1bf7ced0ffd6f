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
import { updateSchema } from './batch-update.ts';
import { checkWriteKey, keyValue, typeIn } from './find-record.ts';
import { planCreate, planUpdate, type Claims } from './plan-write.ts';

/** `batch/upsert` by a unique property. Associations are not part of it in any version [S]. */
export function batchUpsert(call: Call): Answer {
  const { inputs } = readJson(call, updateSchema);
  const type = typeIn(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length);
  for (const { idProperty } of inputs) checkWriteKey(call, type, idProperty);
  const targets = inputs.map(({ id, idProperty }) => keyValue(call, type, idProperty as string, id));
  checkDuplicateIds(targets);
  const claims: Claims = new Map();
  const touched = new Set<string>();
  const planned = inputs.map(
    ({ idProperty, properties, objectWriteTraceId: traceId }, index): PlannedInput => {
      const fault = injectItemFault(call);
      if (fault !== undefined) return { traceId, fault };
      const key = idProperty as string;
      const value = targets[index] as string;
      const record = call.sandbox.ledger.stores[type.id].byUnique(key, value);
      if (record === undefined) {
        const plan = planCreate(call, type, { [key]: value, ...properties }, claims);
        return { traceId, ...plan, extra: { new: true } };
      }
      if (touched.has(record.id)) checkDuplicateIds([record.id, record.id]);
      touched.add(record.id);
      return { traceId, ...planUpdate(call, type, record, properties, claims), extra: { new: false } };
    },
  );
  return commitBatch(call, planned, 200);
}
