/**
 * How existing accounts and contacts of the CRM are recognised: what counts how much, from which score on a record is
 * linked, from which a person is asked, and what is left out.
 */
import { z } from 'zod';

const Points = z.number().int().min(0).max(100);
const Score = z.number().int().min(1).max(100);

/** Points a piece of evidence adds; those with "other" are taken away. */
const AccountWeights = z.strictObject({
  otherId: Points.default(95),
  otherIdDiffers: Points.default(70),
  domain: Points.default(70),
  otherDomain: Points.default(30),
  name: Points.default(60),
  similarName: Points.default(35),
  country: Points.default(10),
  otherCountry: Points.default(25),
  /** It carries the key of another customer of ours. */
  otherKey: Points.default(30),
});

const ContactWeights = z.strictObject({
  email: Points.default(80),
  name: Points.default(15),
  account: Points.default(20),
});

export const FieldFilter = z.strictObject({
  field: z.string().min(1),
  /** Values of the field, compared as text in any case. */
  values: z.array(z.union([z.string(), z.boolean(), z.number()])).min(1),
});
export type FieldFilter = z.infer<typeof FieldFilter>;

const accountCriteria = ['key', 'other-id', 'domain', 'name'] as const;

const AccountMatching = z.strictObject({
  /** What records are looked for by. Our own key always counts. */
  criteria: z
    .array(z.enum(accountCriteria))
    .min(1)
    .default([...accountCriteria]),
  weights: AccountWeights.prefault({}),
  /** Other identifying fields of the CRM and under which name registrations bring their value (`company.ids`). */
  otherIds: z.array(z.strictObject({ field: z.string().min(1), id: z.string().min(1) })).default([]),
  /** Accounts that must not be used: inactive ones, "do not use". */
  exclude: z.array(FieldFilter).default([]),
  /** Persons kept as accounts: left out, or matched like companies. */
  personAccounts: z.enum(['exclude', 'match']).default('exclude'),
  /** Equal accounts of one family: ask, or take the one at its top when it is among them. */
  hierarchy: z.enum(['ask', 'ultimate-parent']).default('ask'),
});

const ContactMatching = z.strictObject({
  weights: ContactWeights.prefault({}),
  exclude: z.array(FieldFilter).default([]),
});

const Matching = z
  .strictObject({
    /** From this score on a record is linked, if it is clearly ahead of the second. */
    link: Score.default(70),
    /** From this score on, below `link`, a person is asked. Below it the record is no match. */
    ask: Score.default(40),
    /** How many points "clearly ahead" means. */
    ahead: Score.default(10),
    /** Off: a customer that the CRM does not have waits for a person; no account is ever created. */
    createAccounts: z.boolean().default(true),
    /** What a duplicate rule of the CRM finds: ask a person, or link when it is one record that scores enough. */
    onDuplicateRule: z.enum(['ask', 'link']).default('ask'),
    /** Domains that many companies share, beside those of mail providers. */
    sharedDomains: z.array(z.string().min(1).toLowerCase()).default([]),
    /** After so many hours it is looked whether accounts and contacts we refer to were merged or deleted. */
    recheckHours: z.number().positive().max(240).default(24),
    account: AccountMatching.prefault({}),
    contact: ContactMatching.prefault({}),
  })
  .refine(({ link, ask }) => ask <= link, { path: ['ask'], message: 'must not be above "link"' });
export type Matching = z.infer<typeof Matching>;
export type AccountMatching = Matching['account'];

/** The optional section `matching` of a mapping; left out, everything has its default. */
export const MatchingSection = Matching.prefault({});

/** Fields of the CRM's record that matching reads beside what the connector reads anyway. */
export function matchingFields(matching: Matching, kind: 'account' | 'contact'): string[] {
  const filters = matching[kind].exclude.map(({ field }) => field);
  const ids = kind === 'account' ? matching.account.otherIds.map(({ field }) => field) : [];
  return [...new Set([...filters, ...ids])];
}
