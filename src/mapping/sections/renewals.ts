import { z } from 'zod';

/**
 * Which deals of a customer continue what a partner won before. Absent: none; nothing is inferred from a customer, a name or a
 * copied tag.
 */
export const Renewals = z.strictObject({
  /** Field of the deal, and its values that mark a renewal or an expansion. */
  field: z.string().min(1),
  values: z.array(z.string().min(1)).min(1),
  /** The partner has a win with the same account that is no older. */
  withinMonths: z.number().int().min(1).max(120),
  /** `person`: a registration waits for approval. `rule`: it is approved at once. */
  approval: z.enum(['person', 'rule']).default('person'),
});
export type Renewals = z.infer<typeof Renewals>;
