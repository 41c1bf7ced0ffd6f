/** Where new deals start, in a CRM with several pipelines. Without it: the first open stage of the first pipeline. */
import { z } from 'zod';

const Named = z.string().trim().min(1).max(255);

export const Pipelines = z.strictObject({
  /** An id, or a label as it stands in the CRM. An id survives renaming. */
  newDeals: z.strictObject({ pipeline: Named, stage: Named.optional() }),
});
export type Pipelines = z.infer<typeof Pipelines>;
