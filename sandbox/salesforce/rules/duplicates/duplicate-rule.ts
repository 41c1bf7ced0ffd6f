import { z } from 'zod';

/** An administrator's duplicate rule with the matching rule it uses: all fields have to match, and blank ones match nothing. */
export const duplicateRuleSchema = z.strictObject({
  name: z.string().min(1),
  object: z.string().min(1),
  /** The object that is searched; the record's own by default. */
  matchObject: z.string().optional(),
  active: z.boolean().default(true),
  on: z.array(z.enum(['create', 'update'])).default(['create', 'update']),
  /** `block` refuses always; `allow` refuses API calls without `allowSave=true` when it alerts, and lets everything pass when it does not. */
  action: z.enum(['allow', 'block']).default('allow'),
  alert: z.boolean().default(true),
  matchingRule: z.string().optional(),
  matchEngine: z.enum(['FuzzyMatchEngine', 'ExactMatchEngine']).default('FuzzyMatchEngine'),
  fields: z
    .array(
      z.strictObject({
        field: z.string().min(1),
        /** The field of the searched object; the same name by default. */
        matchField: z.string().optional(),
        how: z.enum(['exact', 'name', 'website', 'phone', 'email']).default('exact'),
      }),
    )
    .min(1),
  message: z.string().default('Use one of these records?'),
});

export type DuplicateRule = z.infer<typeof duplicateRuleSchema>;
