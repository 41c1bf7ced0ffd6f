import { z } from 'zod';
import { conditionSchema } from '../condition-schema.ts';

/** What a flow writes: a value, the record's own field (or a parent's), the target's value plus a number, today, or now. */
const valueSource = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ field: z.string().min(1) }),
  z.strictObject({ plus: z.number() }),
  z.strictObject({ today: z.literal(true) }),
  z.strictObject({ now: z.literal(true) }),
]);

/** Which record a flow writes: the one that started it, its parent by a lookup, or its children by theirs. */
const target = z.union([
  z.literal('record'),
  z.strictObject({ parent: z.string().min(1) }),
  z.strictObject({ children: z.string().min(1), by: z.string().min(1) }),
]);

/** A record-triggered flow. It runs inside the save: what it writes is part of the caller's transaction. */
export const flowSchema = z
  .strictObject({
    name: z.string().min(1),
    object: z.string().min(1),
    active: z.boolean().default(true),
    on: z.array(z.enum(['create', 'update'])).default(['create', 'update']),
    /** Before-save flows may only change the record itself. */
    save: z.enum(['before', 'after']).default('before'),
    when: z.array(conditionSchema).default([]),
    target: target.default('record'),
    set: z.record(z.string(), valueSource).default({}),
    /** The flow faults with this text instead of writing. */
    fail: z.string().optional(),
  })
  .refine((flow) => flow.save === 'after' || flow.target === 'record', {
    message: 'a before-save flow can only change the record itself',
  });

export type Flow = z.infer<typeof flowSchema>;
export type ValueSource = z.infer<typeof valueSource>;
