/** What is known of partners: tiers with their days, parents, quotas. */
import type { Figure, Partner } from './input.ts';

export interface KnownTier {
  tier: string;
  since: string;
}

/** A partner as it was on a day: of figures that changed, the one in force. */
export type KnownPartner = Omit<Partner, 'quotas' | 'targets' | 'draw'> & {
  quotas?: Record<string, string> | undefined;
  targets?: Record<string, string> | undefined;
  draw?: string | undefined;
};

export class Directory {
  readonly #partners: ReadonlyMap<string, Partner>;

  constructor(partners: readonly Partner[]) {
    this.#partners = new Map(partners.map((one) => [one.partner, one]));
  }

  get(partner: string): Partner | undefined {
    return this.#partners.get(partner);
  }

  on(partner: string, day: string): KnownPartner | undefined {
    const known = this.#partners.get(partner);
    if (known === undefined) return undefined;
    const { quotas, targets, draw, ...rest } = known;
    return {
      ...rest,
      quotas: figuresOn(quotas, day),
      targets: figuresOn(targets, day),
      draw: draw === undefined || draw === null ? undefined : figureOn(draw, day),
    };
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

function figuresOn(
  figures: Record<string, Figure> | undefined,
  day: string,
): Record<string, string> | undefined {
  if (figures === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, figure]) => {
      const known = figureOn(figure, day);
      return known === undefined ? [] : [[name, known]];
    }),
  );
}

function figureOn(figure: Figure, day: string): string | undefined {
  if (typeof figure === 'string') return figure;
  return figure.filter(({ from }) => from <= day).toSorted((a, b) => (a.from < b.from ? 1 : -1))[0]?.amount;
}
