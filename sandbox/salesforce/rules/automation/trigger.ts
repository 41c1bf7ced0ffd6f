import { z } from 'zod';
import { conditionSchema } from '../condition-schema.ts';

/** An Apex trigger that refuses. `throw` fails every row of the chunk it runs for; `add-error` only the rows that meet its conditions. */
export const triggerSchema = z.strictObject({
  name: z.string().min(1),
  object: z.string().min(1),
  active: z.boolean().default(true),
  on: z.array(z.enum(['insert', 'update', 'delete', 'undelete'])).default(['insert', 'update']),
  moment: z.enum(['before', 'after']).default('before'),
  when: z.array(conditionSchema).default([]),
  effect: z.enum(['throw', 'add-error']).default('throw'),
  /** `first`: the error goes to the first row of each run only, so every retry of the chunk fails anew. */
  rows: z.enum(['matching', 'first']).default('matching'),
  exception: z.string().default('System.NullPointerException'),
  message: z.string().default('Attempt to de-reference a null object'),
  /** Where `add-error` puts its message. */
  field: z.string().optional(),
});

export type Trigger = z.infer<typeof triggerSchema>;
export type TriggerEvent = Trigger['on'][number];
