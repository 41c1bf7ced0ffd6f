import type { CallOptions } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Caller } from '../call.ts';
import { PARTNER_LABEL } from '../provision/partner-label.ts';
import { LabelsAnswer } from '../schema.ts';
import { associationLabelsPath } from '../versions.ts';

/** Type id of the portal's label for the company of the partner who brought a deal; null: it has none, or hides it from us. */
export interface PartnerLabel {
  (options: CallOptions & { fresh?: boolean }): Promise<number | null>;
  /** Why HubSpot does not let us see the portal's labels; null where it does, or was not asked yet. */
  refused(): SyncError | null;
}

/** A label that was made or deleted meanwhile is heeded after so long. */
const FRESH_MS = 10 * 60_000;
const site = { stage: 'link', write: false } as const;

export function createPartnerLabel(call: Caller, { clock, log }: Told): PartnerLabel {
  let held: { label: FoundLabel; until: number } | null = null;
  const labelOf = async (options: CallOptions & { fresh?: boolean }): Promise<number | null> => {
    const now = clock.now().getTime();
    if (held === null || options.fresh === true || now >= held.until) {
      const wasRefused = held !== null && held.label.refused !== null;
      const label = await findLabel(call, options);
      held = { label, until: now + FRESH_MS };
      if (label.refused !== null && !wasRefused)
        log.warn({ err: label.refused }, "deals are linked without the label of the partner's company");
    }
    return held.label.typeId;
  };
  return Object.assign(labelOf, { refused: () => held?.label.refused ?? null });
}

interface Told {
  clock: Clock;
  log: { warn(about: object, message: string): void };
}

interface FoundLabel {
  typeId: number | null;
  refused: SyncError | null;
}

async function findLabel(call: Caller, options: CallOptions): Promise<FoundLabel> {
  const path = associationLabelsPath('deals', 'companies');
  try {
    const { data } = await call(site, { method: 'GET', path }, LabelsAnswer, options);
    const found = data.results.find(
      ({ category, label }) => category === 'USER_DEFINED' && label === PARTNER_LABEL.label,
    );
    return { typeId: found?.typeId ?? null, refused: null };
  } catch (error) {
    // Reading labels needs a scope of its own: without it deals are linked as before there were labels, and that is said.
    if (error instanceof SyncError && error.details.httpStatus === 403)
      return { typeId: null, refused: error };
    throw error;
  }
}
