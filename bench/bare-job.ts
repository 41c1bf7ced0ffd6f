import { z } from 'zod';
import { inventDeal, type InventedDeal } from '../src/app/programme/invent-deals.ts';

/** What a bare loop is told. It writes what Tributary would: the same fields, the same associations. */
export const BareJob = z.object({
  vendor: z.enum(['salesforce', 'hubspot']),
  url: z.string(),
  accessToken: z.string(),
  firstDeal: z.number(),
  deals: z.number(),
  inFlight: z.number(),
  /** Partner key → id of its account in the CRM. */
  partnerAccounts: z.record(z.string(), z.string()),
  stage: z.string(),
  pipeline: z.string().nullable(),
});
export type BareJob = z.infer<typeof BareJob>;

export const BareResult = z.object({ seconds: z.number(), cpuSeconds: z.number() });
export type BareResult = z.infer<typeof BareResult>;

export type BareDeal = InventedDeal & { id: string };

/** The deals a bare loop is to write, in memory before its clock starts. */
export function bareDeals({ firstDeal, deals }: BareJob): BareDeal[] {
  return Array.from({ length: deals }, (_, offset) => {
    const index = firstDeal + offset;
    return { id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, ...inventDeal(index) };
  });
}
