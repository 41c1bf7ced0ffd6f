import { z } from 'zod';
import { conditionSchema } from './condition-schema.ts';

/** An administrator's validation rule: refuses a create or update for which all conditions hold. */
export const validationRuleSchema = z.strictObject({
  name: z.string().min(1),
  object: z.string().min(1),
  active: z.boolean().default(true),
  when: z.array(conditionSchema).min(1),
  message: z.string().min(1),
  /** The field the message stands at; without one it stands above the page, and `fields` is empty. */
  field: z.string().optional(),
});

export type ValidationRule = z.infer<typeof validationRuleSchema>;
