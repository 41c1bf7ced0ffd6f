import { z } from 'zod';

/** How a partner is named in URLs, files and mappings. */
export const PartnerKey = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit',
  );

function text(longest: number): z.ZodType<string, string> {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(longest, `must not be longer than ${longest} characters`)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\u0000'),
      'holds characters that cannot be stored',
    );
}

export const ChannelManager = z.strictObject({
  name: text(200),
  email: z.email('is not an e-mail address').max(254).nullish(),
});

export const PartnerChange = z.strictObject({
  name: text(255),
  email: z.email('is not an e-mail address').max(254).nullish().describe('where payout notices go'),
  country: text(100).nullish(),
  tier: text(64).nullish().describe('absent = unchanged'),
  tierFrom: z.iso
    .date('is not a date of the form YYYY-MM-DD')
    .nullish()
    .describe('the first day the tier holds; default: today'),
  channelManager: ChannelManager.nullish().describe(
    'whom reps ask about its deals; absent = unchanged, null = none',
  ),
});
export type PartnerChange = z.infer<typeof PartnerChange>;

export const PartnerView = z.object({
  id: z.uuid(),
  key: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  country: z.string().nullable(),
  tier: z.string().nullable().describe('the tier that holds today'),
  channelManager: z.object({ name: z.string(), email: z.string().nullable() }).nullable(),
  tiers: z.array(z.object({ tier: z.string(), from: z.string() })).describe('oldest first'),
});
export type PartnerView = z.infer<typeof PartnerView>;
