/** The shapes of Salesforce's answers, only the parts that are read. Sources: facts 1.2, 1.3, 1.9. */
import { z } from 'zod';

/** `2026-01-31T10:00:00.000+0000`: the offset has no colon. */
export const Instant = z.string().transform((text, context) => {
  const date = new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (Number.isNaN(date.getTime())) context.addIssue({ code: 'custom', message: 'not a date and time' });
  return date;
});

/** A field's value in a record. Compound and nested values are not read. */
export const FieldScalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  instance_url: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  /** `https://login…/id/<organization>/<user>` */
  id: z.string().regex(/\/id\/[A-Za-z0-9]{15,18}\/[A-Za-z0-9]{15,18}$/),
});

export const TokenRefusal = z.object({ error: z.string(), error_description: z.string().optional() });

const DuplicateResult = z.object({
  allowSave: z.boolean().default(false),
  duplicateRule: z.string().default(''),
  matchResults: z
    .array(
      z.object({ matchRecords: z.array(z.object({ record: z.object({ Id: z.string() }) })).default([]) }),
    )
    .default([]),
});

/** One problem: single-record answers say `errorCode`, items of a collection say `statusCode`. */
export const VendorProblem = z.object({
  errorCode: z.string().optional(),
  statusCode: z.string().optional(),
  message: z.string().default(''),
  fields: z.array(z.string()).nullish(),
  duplicateResult: DuplicateResult.nullish(),
});
export type VendorProblem = z.infer<typeof VendorProblem>;
export const VendorProblems = z.array(VendorProblem).min(1);

/** One record's result in a collection, in request order. A failed update item has no `id`. */
export const ItemResult = z.object({
  id: z.string().nullish(),
  success: z.boolean(),
  created: z.boolean().nullish(),
  errors: z.array(VendorProblem).default([]),
});
export type ItemResult = z.infer<typeof ItemResult>;

export const QueryPage = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().startsWith('/services/data/').nullish(),
  records: z.array(z.record(z.string(), z.unknown())),
});

export const CompositeAnswer = z.object({
  compositeResponse: z.array(z.object({ httpStatusCode: z.number(), body: z.unknown() })),
});

export const RetrievedRecords = z.array(z.record(z.string(), z.unknown()).nullable());

export const RecordRow = z.looseObject({
  Id: z.string(),
  IsDeleted: z.boolean().default(false),
  SystemModstamp: Instant,
});

export const ChangedRow = z.object({
  Id: z.string(),
  IsDeleted: z.boolean(),
  CreatedDate: Instant,
  SystemModstamp: Instant,
});

export const HistoryRow = z.object({
  Id: z.string(),
  OpportunityId: z.string(),
  CreatedDate: Instant,
  StageName: z.string(),
  Amount: z.number().nullish(),
  CurrencyIsoCode: z.string().nullish(),
});
export type HistoryRow = z.infer<typeof HistoryRow>;

export const StageRow = z.object({
  ApiName: z.string(),
  MasterLabel: z.string(),
  IsActive: z.boolean(),
  IsClosed: z.boolean(),
  IsWon: z.boolean(),
  SortOrder: z.number(),
});

export const RoleRow = z.object({ OpportunityId: z.string(), ContactId: z.string(), IsPrimary: z.boolean() });

export const OrganizationRow = z.object({ Id: z.string(), Name: z.string(), IsSandbox: z.boolean() });
export const CurrencyRow = z.object({ IsoCode: z.string() });
export const UserRow = z.object({ Username: z.string() });

const RecordTypeInfo = z.object({
  recordTypeId: z.string(),
  developerName: z.string(),
  name: z.string(),
  available: z.boolean(),
  defaultRecordTypeMapping: z.boolean(),
  master: z.boolean(),
});

export const Description = z.object({
  recordTypeInfos: z.array(RecordTypeInfo).default([]),
  fields: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      type: z.string(),
      length: z.number(),
      createable: z.boolean(),
      updateable: z.boolean(),
      unique: z.boolean(),
      nillable: z.boolean(),
      defaultedOnCreate: z.boolean(),
      restrictedPicklist: z.boolean(),
      picklistValues: z.array(z.object({ value: z.string(), active: z.boolean() })).nullish(),
    }),
  ),
});

/** `GET sobjects/{type}/deleted`: what the delete log holds of a time, and how far it reaches. */
export const DeletedRecords = z.object({
  deletedRecords: z.array(z.object({ id: z.string() })),
  earliestDateAvailable: Instant,
  latestDateCovered: Instant,
});
