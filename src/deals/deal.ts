import { z } from 'zod';
import { formatDecimal } from '../platform/money.ts';

export const dealStatuses = ['submitted', 'approved', 'rejected', 'withdrawn', 'won', 'lost'] as const;
export type DealStatus = (typeof dealStatuses)[number];

export interface DealProduct {
  name: string;
  quantity: number;
  /** Of the vendor's price list. */
  code?: string;
  /** Decimal text in the deal's currency; absent = the list price. */
  unitPrice?: string;
}

/** What the partner tells us about a deal, in the columns of `deals`. Amounts are minor units of `currency`. */
export interface DealFacts {
  partner_id: string;
  name: string;
  company_name: string;
  company_domain: string | null;
  company_country: string | null;
  company_sector: string | null;
  contact_first_name: string | null;
  contact_last_name: string | null;
  contact_email: string | null;
  contact_phone: string | null;
  products: DealProduct[];
  amount_minor: bigint | null;
  currency: string;
  expected_close_date: string;
  source_stage: string | null;
}

export const factColumns = [
  'partner_id',
  'name',
  'company_name',
  'company_domain',
  'company_country',
  'company_sector',
  'contact_first_name',
  'contact_last_name',
  'contact_email',
  'contact_phone',
  'products',
  'amount_minor',
  'currency',
  'expected_close_date',
  'source_stage',
] as const satisfies readonly (keyof DealFacts)[];

/** A row of `deals`, with the key of its partner. */
export interface Deal extends DealFacts {
  id: string;
  source: string;
  source_ref: string;
  source_version: bigint | null;
  partner_key: string;
  status: DealStatus;
  version: number;
  crm_of_record: string | null;
  registered_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  decision_reason: string | null;
  protected_until: string | null;
  updated_at: Date;
}

/** The select list behind `Deal`; `d` is deals, `p` is partners. */
export const dealSelection = `d.id, d.source, d.source_ref, d.source_version, d.status, d.version, d.crm_of_record,
  d.registered_at, d.decided_at, d.decided_by, d.decision_reason, d.protected_until, d.updated_at,
  p.key AS partner_key, ${factColumns.map((column) => `d.${column}`).join(', ')}`;

const nullableText = z.string().nullable();

/** A deal as the API and the CLI show it. */
export const DealView = z.object({
  id: z.uuid(),
  source: z.string(),
  ref: z.string(),
  sourceVersion: z.number().int().nullable(),
  stage: nullableText.describe('the stage the deal had in the system it came from'),
  partner: z.string().describe("the partner's key"),
  name: z.string(),
  company: z.object({
    name: z.string(),
    domain: nullableText,
    country: nullableText,
    sector: nullableText,
  }),
  contact: z
    .object({
      firstName: nullableText,
      lastName: nullableText,
      email: nullableText,
      phone: nullableText,
    })
    .nullable(),
  products: z.array(
    z.object({
      name: z.string(),
      code: z.string().optional(),
      quantity: z.number().int(),
      unitPrice: z.string().optional(),
    }),
  ),
  amount: nullableText.describe('decimal string with the decimals of the currency'),
  currency: z.string(),
  expectedCloseDate: nullableText,
  status: z.enum(dealStatuses),
  version: z.number().int(),
  crmOfRecord: nullableText.describe('the one connection whose wins earn'),
  registeredAt: z.string(),
  decidedAt: nullableText,
  decidedBy: nullableText,
  decisionReason: nullableText,
  protectedUntil: nullableText,
  updatedAt: z.string(),
});
export type DealView = z.infer<typeof DealView>;

export function viewDeal(deal: Deal): DealView {
  return {
    id: deal.id,
    source: deal.source,
    ref: deal.source_ref,
    sourceVersion: deal.source_version === null ? null : Number(deal.source_version),
    stage: deal.source_stage,
    partner: deal.partner_key,
    name: deal.name,
    company: {
      name: deal.company_name,
      domain: deal.company_domain,
      country: deal.company_country,
      sector: deal.company_sector,
    },
    contact: viewContact(deal),
    products: deal.products,
    amount: viewAmount(deal),
    currency: deal.currency,
    expectedCloseDate: deal.expected_close_date,
    status: deal.status,
    version: deal.version,
    crmOfRecord: deal.crm_of_record,
    registeredAt: deal.registered_at.toISOString(),
    decidedAt: deal.decided_at?.toISOString() ?? null,
    decidedBy: deal.decided_by,
    decisionReason: deal.decision_reason,
    protectedUntil: deal.protected_until,
    updatedAt: deal.updated_at.toISOString(),
  };
}

function viewContact(deal: DealFacts): DealView['contact'] {
  if (deal.contact_email === null && deal.contact_last_name === null) return null;
  return {
    firstName: deal.contact_first_name,
    lastName: deal.contact_last_name,
    email: deal.contact_email,
    phone: deal.contact_phone,
  };
}

/** The amount as an exact decimal string, null when unknown. */
export function viewAmount(deal: Pick<DealFacts, 'amount_minor' | 'currency'>): string | null {
  if (deal.amount_minor === null) return null;
  return formatDecimal({ minor: deal.amount_minor, currency: deal.currency });
}
