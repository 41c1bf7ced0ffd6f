/** Who owns a new deal. Set when it is created and never again: from then on the org's own rules and people decide. */
import { z } from 'zod';
import { Username } from './names.ts';

/** Whoever gets a deal that the rule gives to nobody. */
const fallback = z.union([z.literal('integration-user'), Username]).default('integration-user');

export const territorySources = [
  'account.country',
  'partner.key',
  'partner.tier',
  'deal.currency',
  'deal.source',
] as const;

export const OwnerSection = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('integration-user') }),
  z.strictObject({ rule: z.literal('account-owner'), fallback }),
  z.strictObject({
    rule: z.literal('territory'),
    /** One of our values, or a field of the customer's account in the CRM, such as { accountField: BillingState }. */
    by: z.union([z.enum(territorySources), z.strictObject({ accountField: z.string().min(1).max(80) })]),
    /** Value → user name. Upper and lower case are the same. */
    owners: z.record(z.string(), Username),
    fallback,
  }),
  z.strictObject({ rule: z.literal('round-robin'), users: z.array(Username).min(1), fallback }),
]);
export type OwnerSection = z.infer<typeof OwnerSection>;

/** User names that the rule may give deals to. */
export function ownersNamed(rule: OwnerSection): string[] {
  if (rule.rule === 'integration-user') return [];
  const named =
    rule.rule === 'territory' ? Object.values(rule.owners) : rule.rule === 'round-robin' ? rule.users : [];
  return [...new Set([...named, ...(rule.fallback === 'integration-user' ? [] : [rule.fallback])])];
}
