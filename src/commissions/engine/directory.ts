/** What is known of partners: tiers with their days, parents, quotas. */
import type { Partner } from './input.ts';

export interface KnownTier {
  tier: string;
  since: string;
}

export class Directory {
  readonly #partners: ReadonlyMap<string, Partner>;

  constructor(partners: readonly Partner[]) {
    this.#partners = new Map(partners.map((one) => [one.partner, one]));
  }

  get(partner: string): Partner | undefined {
    return this.#partners.get(partner);
  }

  keys(): string[] {
    return [...this.#partners.keys()];
  }

  /** The tier a partner had on a day. */
  tierOn(partner: string, day: string): KnownTier | null {
    const tiers = (this.#partners.get(partner)?.tiers ?? []).filter(({ from }) => from <= day);
    const latest = tiers.reduce<(typeof tiers)[number] | null>(
      (best, one) => (best === null || one.from > best.from ? one : best),
      null,
    );
    return latest && { tier: latest.tier, since: latest.from };
  }
}
