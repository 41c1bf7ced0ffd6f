/**
 * How a deal is marked as a partner's, beside the rows of `deal.write`. Each part can be had alone or with the others; what
 * is left out is not done. Everything is named, never given by id: names are looked up when the connection is wired.
 */
import { z } from 'zod';
import { RecordName, Username } from './names.ts';

const When = z.enum(['create', 'always']).default('create');

const TeamTag = z
  .strictObject({
    /** Who, whatever the partner. */
    user: Username.optional(),
    /** Partner key → who. */
    byPartner: z.record(z.string(), Username).default({}),
    role: z.string().min(1).max(40).default('Channel Manager'),
  })
  .refine((team) => team.user !== undefined || Object.keys(team.byPartner).length > 0, {
    message: 'takes "user", "byPartner" or both',
  });
export type TeamTag = z.infer<typeof TeamTag>;

const CampaignTag = z
  .strictObject({
    name: RecordName.optional(),
    /** Partner key → name. */
    byPartner: z.record(z.string(), RecordName).default({}),
    when: When,
    /** The deal's contact becomes a member of the campaign. */
    influence: z.boolean().default(false),
  })
  .refine((campaign) => campaign.name !== undefined || Object.keys(campaign.byPartner).length > 0, {
    message: 'takes "name", "byPartner" or both',
  });

export const Tags = z.strictObject({
  /** A value of the lead source. Takes the place of a row for the same field. */
  leadSource: z.strictObject({ value: z.string().min(1).max(255), when: When }).optional(),
  /** The partner's account in the deal's list of partners. */
  partners: z
    .strictObject({ role: z.string().min(1).max(40).optional(), primary: z.boolean().default(true) })
    .optional(),
  campaign: CampaignTag.optional(),
  recordType: z.strictObject({ name: RecordName, when: When }).optional(),
  accountTeam: TeamTag.optional(),
  dealTeam: TeamTag.optional(),
  /** Where the CRM has a field of its own for the partner's account: compared with ours, never written. */
  partnerAccountId: z.literal('check').optional(),
});
export type Tags = z.infer<typeof Tags>;
