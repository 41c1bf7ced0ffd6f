import { z } from 'zod';

/** Products of deals: not looked at, or read with a win for commissions. */
export const LineItems = z.strictObject({ mode: z.enum(['none', 'read']) }).default({ mode: 'none' });
