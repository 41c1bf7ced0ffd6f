import { z } from 'zod';
import { RecordName } from './names.ts';

/**
 * Products of deals: not looked at, or read with a win for commissions; and, by choice, written from the registration's own.
 * Without a default for `write`: it would be part of every mapping's digest.
 */
export const LineItems = z
  .strictObject({
    mode: z.enum(['none', 'read']).default('none'),
    write: z.boolean().optional(),
    /** For deals that have no price book yet; absent = the CRM's standard one. */
    priceBook: RecordName.optional(),
  })
  .refine((items) => items.write === true || items.priceBook === undefined, {
    path: ['priceBook'],
    message: 'goes with write: true',
  })
  .default({ mode: 'none' });
