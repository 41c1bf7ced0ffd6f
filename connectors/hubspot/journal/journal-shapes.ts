/** The journal's answers, and its files, as far as they are used. */
import { z } from 'zod';

const Id = z.union([z.string().min(1), z.number()]).transform(String);

/** One entry names a file. Nothing (204): there is no entry, or none yet. */
export const JournalEntry = z
  .object({
    url: z.url(),
    currentOffset: z.string().min(1),
  })
  .optional();
export type JournalEntry = NonNullable<z.infer<typeof JournalEntry>>;

export const JournalFile = z.object({ journalEvents: z.array(z.unknown()) });

export const JournalEvent = z.object({
  type: z.string(),
  action: z.string(),
  portalId: Id,
  objectTypeId: z.string().optional(),
  objectId: Id.optional(),
  propertyChanges: z.record(z.string(), z.unknown()).optional().catch(undefined),
  primaryObjectId: Id.optional(),
  mergedObjectIds: z.array(Id).optional(),
  newObjectId: Id.optional(),
  fromObjectTypeId: z.string().optional(),
  fromObjectId: Id.optional(),
  toObjectTypeId: z.string().optional(),
  toObjectId: Id.optional(),
  /** ISO 8601 or epoch milliseconds. */
  occurredAt: z.union([z.string(), z.number()]).optional().catch(undefined),
});
export type JournalEvent = z.infer<typeof JournalEvent>;

export const SubscriptionsAnswer = z.object({
  results: z.array(
    z.object({
      subscriptionType: z.string(),
      objectTypeId: z.string(),
      portalId: Id.optional(),
      actions: z.array(z.string()).default([]),
      properties: z.array(z.string()).nullish(),
      objectIds: z.array(Id).nullish(),
    }),
  ),
});
