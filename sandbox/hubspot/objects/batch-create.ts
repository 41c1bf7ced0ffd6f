import { z } from 'zod';
import { resolveAssociations } from '../associations/resolve.ts';
import type { Call } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import type { Answer } from '../http/vendor-error.ts';
import { checkBatchSize, commitBatch, injectItemFault, type PlannedInput } from './batch-writes.ts';
import { typeIn } from './find-record.ts';
import { associationsSchema, propertiesSchema, traceSchema } from './input-shapes.ts';
import { planCreate, type Claims } from './plan-write.ts';

const createSchema = z.object({
  inputs: z.array(
    z.object({
      properties: propertiesSchema,
      associations: associationsSchema,
      objectWriteTraceId: traceSchema,
    }),
  ),
});

/** `batch/create`: 201, or 207 when some of the traced inputs were refused. */
export function batchCreate(call: Call): Answer {
  const { inputs } = readJson(call, createSchema);
  const type = typeIn(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length);
  const claims: Claims = new Map();
  const planned = inputs.map(({ properties, associations, objectWriteTraceId: traceId }): PlannedInput => {
    const fault = injectItemFault(call);
    if (fault !== undefined) return { traceId, fault };
    const links = resolveAssociations(call, type, associations ?? []);
    if ('fault' in links) return { traceId, fault: links.fault };
    return { traceId, ...planCreate(call, type, properties, claims), associations: links.links };
  });
  return commitBatch(call, planned, 201);
}
