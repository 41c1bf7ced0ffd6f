/** Where new deals start, in a CRM with several pipelines. Without it: the first open stage of the first pipeline. */
import { z } from 'zod';

const Named = z.string().trim().min(1).max(255);

/** Facts of a deal that may decide where it starts. */
export const startFacts = [
  'deal.currency',
  'deal.products',
  'deal.source',
  'partner.key',
  'partner.tier',
  'account.country',
] as const;
export type StartFact = (typeof startFacts)[number];

/** An id, or a label as it stands in the CRM. An id survives renaming. */
const Start = z.strictObject({ pipeline: Named, stage: Named.optional() });
export type Start = z.infer<typeof Start>;

export const Pipelines = z
  .strictObject({
    /** The first whose facts all have one of the values named. */
    rules: z
      .array(
        Start.extend({
          when: z
            .partialRecord(z.enum(startFacts), z.array(Named).min(1).max(100))
            .refine((when) => Object.keys(when).length > 0, { message: 'names no fact of the deal' }),
        }),
      )
      .max(50)
      .default([]),
    /** Where no rule fits. */
    newDeals: Start.optional(),
  })
  .refine(({ rules, newDeals }) => rules.length > 0 || newDeals !== undefined, {
    message: 'says nothing: name newDeals, rules or both',
  });
export type Pipelines = z.infer<typeof Pipelines>;
