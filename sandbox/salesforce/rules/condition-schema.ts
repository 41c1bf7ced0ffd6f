import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/**
 * One condition of an administrator's rule: a field (of the record, or of a parent: `Account.Name`), how it is compared, and with what.
 * `changed` holds for a new record, too.
 */
export const conditionSchema = z.strictObject({
  field: z.string().min(1),
  op: z.enum([
    'equals',
    'not-equals',
    'less',
    'greater',
    'contains',
    'starts-with',
    'in',
    'blank',
    'not-blank',
    'changed',
  ]),
  value: z.union([scalar, z.array(scalar)]).optional(),
});

export type Condition = z.infer<typeof conditionSchema>;
