/**
 * What we read out of HubSpot's answers, and no more. HubSpot asks integrators to treat every field of an error as
 * optional, ids arrive as strings or numbers, and property values may be null: all of that is admitted here.
 */
import { z } from 'zod';

const Id = z.union([z.string().min(1), z.number()]).transform(String);
const text = z.string().optional().catch(undefined);

const ErrorDetail = z.object({
  message: text,
  code: text,
  in: text,
  context: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

export const VendorError = z.object({
  message: text,
  category: text,
  subCategory: text,
  errorType: text,
  policyName: text,
  /** OAuth endpoints answer with these. */
  status: text,
  error: text,
  error_description: text,
  context: z.record(z.string(), z.unknown()).optional().catch(undefined),
  errors: z.array(ErrorDetail).optional().catch(undefined),
});
export type VendorError = z.infer<typeof VendorError>;

const WrittenRecord = z.object({
  id: Id,
  new: z.boolean().optional(),
  objectWriteTraceId: text,
  properties: z.record(z.string(), z.unknown()).optional(),
});
export type WrittenRecord = z.infer<typeof WrittenRecord>;

export const WriteAnswer = z.object({
  results: z.array(WrittenRecord).default([]),
  errors: z.array(VendorError).default([]),
});

const Values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const StoredRecord = z.object({
  id: Id,
  properties: Values.default({}),
  propertiesWithHistory: z
    .record(
      z.string(),
      z.array(
        z.object({
          value: z.string().nullish(),
          timestamp: z.string(),
          sourceType: text,
          sourceId: text,
        }),
      ),
    )
    .optional(),
  createdAt: text,
  updatedAt: text,
});
export type StoredRecord = z.infer<typeof StoredRecord>;

export const ReadAnswer = z.object({
  results: z.array(StoredRecord).default([]),
  errors: z.array(VendorError).default([]),
});

export const SearchAnswer = z.object({
  total: z.number().optional(),
  results: z.array(StoredRecord).default([]),
  paging: z
    .object({ next: z.object({ after: Id }).optional() })
    .nullish()
    .catch(undefined),
});

export const ArchivedAnswer = z.object({
  results: z.array(z.object({ id: Id, archivedAt: z.string().optional() })).default([]),
  paging: SearchAnswer.shape.paging,
});

export const AssociationWriteAnswer = z.object({
  results: z.array(z.object({ fromObjectId: Id, toObjectId: Id })).default([]),
  errors: z.array(VendorError).default([]),
});

export const AssociationReadAnswer = z.object({
  errors: z.array(VendorError).default([]),
  results: z
    .array(
      z.object({
        from: z.object({ id: Id }),
        paging: z
          .object({ next: z.object({ after: Id }).optional() })
          .nullish()
          .catch(undefined),
        to: z
          .array(
            z.object({
              toObjectId: Id,
              associationTypes: z.array(z.object({ typeId: z.number() })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

export const OwnersAnswer = z.object({
  results: z.array(z.object({ id: Id, email: text })).default([]),
  paging: z
    .object({ next: z.object({ after: Id }).optional() })
    .nullish()
    .catch(undefined),
});

export const AccountAnswer = z.object({
  portalId: Id,
  accountType: text,
  companyCurrency: z.string().length(3),
  additionalCurrencies: z.array(z.string()).default([]),
  uiDomain: text,
});

const Property = z.object({
  name: z.string(),
  label: z.string().default(''),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  groupName: text,
  hubspotDefined: z.boolean().optional(),
  type: z.string(),
  calculated: z.boolean().optional(),
  hasUniqueValue: z.boolean().optional(),
  externalOptions: z.boolean().optional(),
  referencedObjectType: text,
  options: z.array(z.object({ value: z.string() })).default([]),
  modificationMetadata: z.object({ readOnlyValue: z.boolean().optional() }).optional().catch(undefined),
});
export type Property = z.infer<typeof Property>;

export const PropertiesAnswer = z.object({ results: z.array(Property) });

export const PropertyGroupsAnswer = z.object({ results: z.array(z.object({ name: z.string() })) });

/** Labels of associations; the plain association has none. */
export const LabelsAnswer = z.object({
  results: z.array(z.object({ category: z.string(), typeId: z.number(), label: z.string().nullish() })),
});

const Subscription = z.object({
  id: Id,
  eventType: z.string(),
  propertyName: text,
  active: z.boolean(),
});
export type Subscription = z.infer<typeof Subscription>;

export const SubscriptionsAnswer = z.object({ results: z.array(Subscription) });

export const WebhookSettingsAnswer = z.object({ targetUrl: z.string() });

export const PipelinesAnswer = z.object({
  results: z.array(
    z.object({
      id: Id,
      label: z.string().default(''),
      displayOrder: z.number().default(0),
      stages: z.array(
        z.object({
          id: Id,
          label: z.string().default(''),
          displayOrder: z.number().default(0),
          /** Strings, also for numbers and booleans. */
          metadata: z.object({ isClosed: z.string().optional(), probability: z.string().optional() }),
        }),
      ),
    }),
  ),
});

export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  /** Seconds. */
  expires_in: z.coerce.number().positive(),
  /** The portal; v1 does not name it. */
  hub_id: Id.optional(),
});

/** What introspection says of an access token, in all versions. */
export const TokenInfo = z.object({
  /** RFC 7662; absent in v1, whose unknown tokens are 404. */
  active: z.boolean().default(true),
  hub_id: Id.optional(),
  scopes: z.array(z.string()).default([]),
});

/** The same of a private app's token or a service key. */
export const StaticTokenInfo = z.object({ hubId: Id.optional(), scopes: z.array(z.string()) });

export const WebhookEvent = z.object({
  portalId: Id,
  subscriptionType: z.string().optional(),
  /** The name some documents give to `subscriptionType`. */
  eventType: z.string().optional(),
  objectTypeId: z.string().optional(),
  objectId: Id.optional(),
  eventId: Id.optional().catch(undefined),
  fromObjectId: Id.optional(),
  toObjectId: Id.optional(),
  associationType: z.string().optional(),
  propertyName: z.string().optional(),
  changeSource: z.string().nullish(),
  sourceId: z.union([z.string(), z.number()]).nullish(),
  primaryObjectId: Id.optional(),
  mergedObjectIds: z.array(Id).optional(),
  newObjectId: Id.optional(),
  /** Milliseconds. */
  occurredAt: z.number().optional(),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;
