import type { Stage, StageEntry } from '../../src/crm/connector.ts';

interface Version {
  value?: string | null | undefined;
  timestamp: string;
}

type Histories = Readonly<Record<string, readonly Version[]>>;

interface Dated {
  value: string;
  at: Date;
}

/**
 * HubSpot's property history as stage entries, oldest first (HubSpot lists the newest first). HubSpot gives history
 * entries no id, so one is made of instant and stage. Each entry carries the amount and currency that held at its instant.
 * A stage that the portal no longer has counts as open, and is marked: an unknown stage must never look like a win.
 */
export function stageEntries(histories: Histories, meanings: ReadonlyMap<string, Stage>): StageEntry[] {
  const amounts = oldestFirst(histories['amount']);
  const currencies = oldestFirst(histories['deal_currency_code']);
  const entries = oldestFirst(histories['dealstage'])
    .filter(({ value }) => value !== '')
    .map(({ value, at }): StageEntry => {
      const stage = meanings.get(value);
      return {
        id: `${at.toISOString()}:${value}`,
        at,
        stage: value,
        closed: stage?.closed ?? false,
        won: stage?.won ?? false,
        ...(stage === undefined ? { unknown: true } : {}),
        ...held('amount', amounts, at),
        ...held('currency', currencies, at),
      };
    });
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

/** An ISO instant, or milliseconds since 1970 in digits; null when it is neither. */
export function instantOf(text: string): Date | null {
  const at = new Date(/^\d+$/.test(text) ? Number(text) : text);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** HubSpot's order is kept between versions of one instant. */
function oldestFirst(versions: readonly Version[] = []): Dated[] {
  return versions
    .toReversed()
    .flatMap(({ value, timestamp }) => {
      const at = instantOf(timestamp);
      return at === null ? [] : [{ value: value ?? '', at }];
    })
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function held<Name extends 'amount' | 'currency'>(
  name: Name,
  versions: readonly Dated[],
  at: Date,
): { [key in Name]?: string | null } {
  const version = versions.findLast((one) => one.at <= at);
  if (version === undefined) return {};
  return { [name]: version.value === '' ? null : version.value } as { [key in Name]?: string | null };
}
