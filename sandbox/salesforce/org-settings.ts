import { z } from 'zod';

/**
 * The switches of an org: what real orgs have set up differently, and what the facts leave open.
 * Each line says which vendor fact it stands for. Where the facts are silent or from memory, the default is the stricter variant.
 * What belongs to an administrator's own set-up (automation, validation and duplicate rules) is off by default.
 */
const orgSettingsSchema = z.strictObject({
  /** How long, in real milliseconds, a write keeps the locks of its records' accounts; another write meanwhile is UNABLE_TO_LOCK_ROW. 0 = never held. */
  lockHoldMs: z.number().int().min(0).max(60_000).default(0),
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
  /** gRPC status with which an unknown topic is refused: 5 NOT_FOUND or 7 PERMISSION_DENIED (facts 1.7 name both). */
  pubSubTopicNotFoundStatus: z.union([z.literal(5), z.literal(7)]).default(5),
  /** Streams open at once in the org; one more is `concurrent.client.limit.exceeded` (facts 1.8: 2,000/1,000/20 by edition). */
  pubSubMaxStreams: z.number().int().min(0).default(2000),
  /** Events delivered per 24 hours; then `subscription.limit.exceeded` (facts 1.7 name no figure). 0 = no limit. */
  pubSubDailyDeliveries: z.number().int().min(0).default(0),
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
