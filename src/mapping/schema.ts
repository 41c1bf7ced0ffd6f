/**
 * A mapping is data: which of our values goes to which CRM field, when, and how it is transformed; and which CRM
 * fields come back. Defaults live in `mappings/<vendor>/mapping.yaml`; a file of the customer's own replaces them.
 */
import { z } from 'zod';
import { cardSection } from './sections/card.ts';
import { MatchingSection } from './sections/matching.ts';
import { OwnerSection } from './sections/owner.ts';
import { Tags } from './sections/tags.ts';
import { RecordName } from './sections/names.ts';
import { LineItems } from './sections/line-items.ts';
import { Pipelines } from './sections/pipelines.ts';
import { Renewals } from './sections/renewals.ts';
import { Target } from './sections/target.ts';

/** Our values a row may read. `refs.*` are CRM ids resolved before the deal is pushed; `stage.open` is the CRM's first open stage. */
export const sourcePaths = [
  'deal.id',
  'deal.version',
  'deal.name',
  'deal.amount',
  'deal.currency',
  'deal.expectedCloseDate',
  'deal.registrationUrl',
  'deal.protectedUntil',
  'deal.products',
  'deal.source',
  'deal.sourceRef',
  'deal.influence',
  'deal.partnerSourced',
  'partner.key',
  'partner.name',
  'partner.tier',
  'partner.channelManager',
  'partner.channelManagerEmail',
  'refs.account',
  'refs.contact',
  'refs.partner',
  'stage.open',
  'stage.openPipeline',
  'org.currency',
  'account.key',
  'account.name',
  'account.domain',
  'account.website',
  'account.country',
  'contact.key',
  'contact.firstName',
  'contact.lastName',
  'contact.email',
  'contact.phone',
] as const;
export type SourcePath = (typeof sourcePaths)[number];

/** What comes back from a CRM deal record. */
export const observedNames = [
  'amount',
  'currency',
  'stage',
  'pipeline',
  'closeDate',
  'owner',
  'dealKey',
  'version',
] as const;
export type ObservedName = (typeof observedNames)[number];

export const Transform = z.union([
  z.enum(['trim', 'lower', 'upper', 'integer', 'number', 'text', 'yes-no-text']),
  z.strictObject({ truncate: z.number().int().positive() }),
  z.strictObject({ default: z.union([z.string(), z.number(), z.boolean()]) }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ join: z.string() }),
  z.strictObject({ values: z.record(z.string(), z.string()), otherwise: z.string().optional() }),
]);
export type Transform = z.infer<typeof Transform>;

export const WriteRow = z
  .strictObject({
    to: z.string().min(1),
    from: z.enum(sourcePaths).optional(),
    value: z.union([z.string(), z.number(), z.boolean()]).optional(),
    transforms: z.array(Transform).default([]),
    /** create: written only while the record is created, afterwards it belongs to the rep. */
    when: z.enum(['create', 'always']).default('always'),
    /** The partner's until the CRM record was closed, or reached this stage; the rep's from then on. A stage's id or label. */
    until: z.string().min(1).optional(),
    /** A field of ours that somebody changed in the CRM is put right, three times at most, or only reported. Absent: restore. */
    drift: z.enum(['restore', 'report']).optional(),
    /** Leave the field out instead of writing null when there is no value. */
    skipEmpty: z.boolean().default(true),
    /** The org may lack this field: the row is then dropped at connection time instead of failing. */
    optional: z.boolean().default(false),
    /** Written, too, when the registration was attached to a record that a rep had before; see check-attach-rows.ts. */
    attach: z.boolean().default(false),
    /** When the field is absent, the value must equal this source, or the record is refused with the reason. */
    absentMustEqual: z.enum(sourcePaths).optional(),
  })
  .refine((row) => (row.from === undefined) !== (row.value === undefined), {
    message: 'a row takes either "from" or "value"',
  })
  .refine((row) => row.until === undefined || row.when === 'always', {
    message: 'a row that is written only at creation ends there: "until" goes with when: always',
  });
export type WriteRow = z.infer<typeof WriteRow>;

export const ReadRow = z.strictObject({
  to: z.enum(observedNames),
  from: z.string().min(1),
  optional: z.boolean().default(false),
});
export type ReadRow = z.infer<typeof ReadRow>;

export const RecordMapping = z.strictObject({
  object: z.string().min(1),
  /** The CRM's unique field that holds our key. */
  keyField: z.string().min(1),
  write: z.array(WriteRow).min(1),
});
export type RecordMapping = z.infer<typeof RecordMapping>;

export const PersonMapping = z.strictObject({
  /** The kind of account; its API name. */
  recordType: RecordName,
  write: z.array(WriteRow).min(1),
});

export const Mapping = z.strictObject({
  vendor: z.string().min(1),
  version: z.number().int().positive(),
  deal: RecordMapping.extend({ read: z.array(ReadRow).min(1) }),
  account: RecordMapping,
  contact: RecordMapping,
  matching: MatchingSection,
  tags: Tags.optional(),
  /** How a customer who is a person is created, where the CRM keeps persons as accounts of a kind of their own. */
  persons: PersonMapping.optional(),
  /** What a deal is until it is converted, where `target` is lead. */
  lead: RecordMapping.optional(),
  target: Target,
  lineItems: LineItems,
  renewals: Renewals.optional(),
  card: cardSection(sourcePaths).optional(),
  owner: OwnerSection.optional(),
  pipelines: Pipelines.optional(),
});
export type Mapping = z.infer<typeof Mapping>;
