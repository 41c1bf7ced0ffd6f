import { z } from 'zod';

/**
 * The switches of an org: what real orgs have set up differently, and what the facts leave open.
 * Each line says which vendor fact it stands for. Where the facts are silent or from memory, the default is the stricter variant.
 * What belongs to an administrator's own set-up (automation, validation and duplicate rules) is off by default.
 */
const orgSettingsSchema = z.strictObject({
  /** How long, in real milliseconds, a write keeps the locks of its records' accounts; another write meanwhile is UNABLE_TO_LOCK_ROW. 0 = never held. */
  lockHoldMs: z.number().int().min(0).max(60_000).default(0),
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
