import { z } from 'zod';
import { flowSchema } from './rules/automation/flow.ts';
import { triggerSchema } from './rules/automation/trigger.ts';
import { duplicateRuleSchema } from './rules/duplicates/duplicate-rule.ts';
import { validationRuleSchema } from './rules/validation-rule.ts';

/**
 * The switches of an org: what real orgs have set up differently, and what the facts leave open.
 * Each line says which vendor fact it stands for. Where the facts are silent or from memory, the default is the stricter variant.
 * What belongs to an administrator's own set-up (automation, validation and duplicate rules) is off by default.
 */
const orgSettingsSchema = z.strictObject({
  /** How long, in real milliseconds, a write keeps the locks of its records' accounts; another write meanwhile is UNABLE_TO_LOCK_ROW. 0 = never held. */
  lockHoldMs: z.number().int().min(0).max(60_000).default(0),
  /** Record-triggered flows. They run inside the caller's transaction, as in every real org; what they change is in the caller's change event. */
  flows: z.array(flowSchema).default([]),
  /** Apex triggers that refuse rows or whole chunks (CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY). */
  triggers: z.array(triggerSchema).default([]),
  /** Validation rules (facts 1.4: FIELD_CUSTOM_VALIDATION_EXCEPTION). */
  validationRules: z.array(validationRuleSchema).default([]),
  /** Duplicate rules (facts 1.4: DUPLICATES_DETECTED). */
  duplicateRules: z.array(duplicateRuleSchema).default([]),
  /** Name of the member with the matches in a single record's refusal: the facts' (1.4), or the misspelt one that clients of many orgs read. */
  duplicateResultKey: z.enum(['duplicateResult', 'duplicateResut']).default('duplicateResult'),
  /** Whether API users may change closed opportunities; many orgs refuse it by a validation rule or an approval's record lock. */
  closedOpportunities: z.enum(['editable', 'validation', 'locked']).default('editable'),
  /** An update of a record whose owner is inactive is refused: the API user lacks "Update Records with Inactive Owners". */
  inactiveOwnersBlockUpdates: z.boolean().default(true),
  /** `Amount` of an opportunity with line items: silently ignored (the vendor's object reference), or refused (facts 1.9: read-only roll-up [K]). */
  lineItemAmount: z.enum(['ignored', 'refused']).default('ignored'),
  /** Record access by owner, per object: what others' records are to an API user. Objects not named are `read-write`. */
  orgWideDefaults: z.record(z.string(), z.enum(['private', 'read', 'read-write'])).default({}),
  /** Status of a single-record request refused for lack of access (facts 1.4: 403, sometimes 400 [K]). */
  accessErrorStatus: z.union([z.literal(403), z.literal(400)]).default(403),
  /** Records of one transaction that changed alike share one change event (facts 1.6: `recordIds` may hold many). */
  cdcMergeRecords: z.boolean().default(true),
  /** Changes of one transaction that are told one by one, each updated field counting; the rest is GAP_OVERFLOW (facts 1.6). */
  cdcOverflowThreshold: z.number().int().min(0).default(100_000),
  /** An overflow event names no records (facts 1.6), or the empty record id (the vendor's page on overflow events). */
  cdcOverflowRecordIds: z.enum(['none', 'empty-id']).default('none'),
  /** A larger change event becomes a gap event (facts 1.6, 1.7: 1 MB). */
  cdcMaxEventBytes: z.number().int().min(1000).default(1_048_576),
  /** Custom channels, such as `{"Deals__chn": ["Opportunity"]}` for `/data/Deals__chn`. */
  cdcChannels: z.record(z.string().regex(/^\w+__chn$/), z.array(z.string())).default({}),
  /** Objects that may be selected for Change Data Capture (the vendor's limits: five without an add-on). */
  cdcMaxSelectedEntities: z.number().int().min(0).default(5),
  /** How long a deployment or retrieve of metadata takes, in milliseconds by the sandbox clock: half of it waiting, half at work. */
  metadataJobMs: z.number().int().min(0).default(100),
  /** gRPC status with which an unknown topic is refused: 5 NOT_FOUND or 7 PERMISSION_DENIED (facts 1.7 name both). */
  pubSubTopicNotFoundStatus: z.union([z.literal(5), z.literal(7)]).default(5),
  /** Streams open at once in the org; one more is `concurrent.client.limit.exceeded` (facts 1.8: 2,000/1,000/20 by edition). */
  pubSubMaxStreams: z.number().int().min(0).default(2000),
  /** CometD clients at once (facts 1.8: 2,000/1,000/20 by edition); one more is refused at its handshake. */
  cometdMaxClients: z.number().int().min(0).default(2000),
  /** Events delivered per 24 hours; then `subscription.limit.exceeded` (facts 1.7 name no figure). 0 = no limit. */
  pubSubDailyDeliveries: z.number().int().min(0).default(0),
  /** What a bulk job's steps wait by: real time, or the sandbox clock, so that a job stays where it is until the clock is moved. */
  bulkPace: z.enum(['real', 'clock']).default('real'),
  /** Milliseconds between two steps of a bulk job (facts 1.5: jobs advance on their own, and are polled). */
  bulkStepMs: z.number().int().min(0).default(10),
  /** Records that a bulk job writes in one transaction (facts 1.5: internal batches of 10,000). */
  bulkBatchRecords: z.number().int().min(1).default(10_000),
  /** Largest upload of a bulk job in bytes (facts 1.5: 150 MB a file). */
  bulkMaxUploadBytes: z.number().int().min(1).max(150_000_000).default(150_000_000),
  /** Internal batches in 24 hours (facts 1.5: 15,000, shared). */
  bulkDailyBatches: z.number().int().min(0).default(15_000),
  /** Megabytes for records, at two kilobytes each; a full org refuses new ones (STORAGE_LIMIT_EXCEEDED). */
  dataStorageMb: z.number().int().min(0).default(10_240),
  /** Records on a page of a bulk query's result when the client does not say (the vendor leaves its default open). */
  bulkQueryPageRecords: z.number().int().min(1).default(50_000),
  /** Whether the user may hard-delete; a permission that nobody has by default. */
  bulkHardDelete: z.boolean().default(false),
  /** Milliseconds by the sandbox clock until a new record is found by SOSL: the search index lags behind (the vendor gives no figure; jsforce's suite waits 10 s). */
  searchIndexDelayMs: z.number().int().min(0).default(5000),
  /** Minutes an access token lasts (facts 1.3: expired tokens are 401; the org's session settings say when). */
  sessionTimeoutMinutes: z.number().min(0.01).default(120),
  /** Whether using a session makes it last longer, as the vendor's do after half of their time. */
  sessionExtendedByUse: z.boolean().default(false),
  /** Each refresh replaces the refresh token; sending the old one again ends them all. */
  oauthRotateRefreshTokens: z.boolean().default(false),
  /** Days without use after which a refresh token expires; 0 = only when revoked. */
  oauthRefreshTokenDays: z.number().min(0).default(0),
  /** The app's "Require Secret" for the code flow and for refreshing (facts 1.2: optional when refreshing). */
  oauthSecretForCode: z.boolean().default(true),
  oauthSecretForRefresh: z.boolean().default(false),
  /** The app demands PKCE of whoever asks for a code. */
  oauthRequirePkce: z.boolean().default(false),
  /** The app's callback URLs, compared letter by letter: jsforce's own tests and the vendor's command line. */
  oauthRedirectUris: z
    .array(z.url())
    .default(['http://localhost:4000/oauth2/callback', 'http://localhost:1717/OauthRedirect']),
  /** The integration user is approved for the app by its administrator; else "user hasn't approved this consumer" (facts 1.2). */
  oauthPreapproved: z.boolean().default(true),
  /** The username-password flow, which new orgs block. */
  oauthPasswordFlow: z.boolean().default(true),
  /** The org's edition and the user's profile allow the REST API; else every call is API_DISABLED_FOR_ORG (facts 1.4). */
  apiEnabled: z.boolean().default(true),
  /** Nobody can log in: the vendor has locked or suspended the org. */
  orgLocked: z.boolean().default(false),
});

/** All switches, with their values. */
export type OrgSettings = z.infer<typeof orgSettingsSchema>;

/** Some switches, as they are given to `settings` of a start, a preset or `PATCH /settings`. */
export type OrgSettingsInput = z.input<typeof orgSettingsSchema>;

/** The switches of one running org. */
export interface SettingsHolder {
  /** The values in force. A new object after each change, so it may be kept for the length of a request. */
  readonly current: OrgSettings;
  /** Sets the switches named, leaves the others. Throws a ZodError when one is unknown or has a wrong value; then nothing changes. */
  change(some: unknown): OrgSettings;
  /** Calls back after each change, with what was set. */
  onChange(listener: (some: Readonly<Record<string, unknown>>) => void): void;
}

/** Creates the switches of an org: the defaults, overlaid by the preset's own. */
export function createSettings(preset: OrgSettingsInput = {}): SettingsHolder {
  let current = orgSettingsSchema.parse(preset);
  const listeners: ((some: Readonly<Record<string, unknown>>) => void)[] = [];
  return {
    get current() {
      return current;
    },
    change(some) {
      const given = z.record(z.string(), z.unknown()).parse(some);
      current = orgSettingsSchema.parse({ ...current, ...given });
      for (const listener of listeners) listener(given);
      return current;
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
