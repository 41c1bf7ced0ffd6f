import { z } from 'zod';

/** Products of deals: not looked at, read for commissions, or also written from what the partner registered. */
export const LineItems = z
  .strictObject({
    mode: z.enum(['none', 'read', 'write']),
    /** write: the price book whose prices are used, by name. Absent: the standard one. */
    priceBook: z.string().trim().min(1).optional(),
    /** write: the CRM's product code by the name partners register; a name not listed is taken for the code itself. */
    codes: z.record(z.string().min(1), z.string().trim().min(1)).default({}),
  })
  .default({ mode: 'none', codes: {} });
export type LineItems = z.infer<typeof LineItems>;
