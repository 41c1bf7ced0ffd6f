import type { CallOptions } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Caller } from '../call.ts';
import { PARTNER_LABEL } from '../provision/partner-label.ts';
import { LabelsAnswer } from '../schema.ts';
import { associationLabelsPath } from '../versions.ts';

/** Type id of the portal's label for the company of the partner who brought a deal; null: it has none, or hides it from us. */
export type PartnerLabel = (options: CallOptions) => Promise<number | null>;

/** A label that was made or deleted meanwhile is heeded after so long. */
const FRESH_MS = 10 * 60_000;
const site = { stage: 'link', write: false } as const;

export function createPartnerLabel(call: Caller, clock: Clock): PartnerLabel {
  let held: { typeId: number | null; until: number } | null = null;
  return async (options) => {
    const now = clock.now().getTime();
    if (held === null || now >= held.until)
      held = { typeId: await findLabel(call, options), until: now + FRESH_MS };
    return held.typeId;
  };
}

async function findLabel(call: Caller, options: CallOptions): Promise<number | null> {
  const path = associationLabelsPath('deals', 'companies');
  try {
    const { data } = await call(site, { method: 'GET', path }, LabelsAnswer, options);
    const found = data.results.find(
      ({ category, label }) => category === 'USER_DEFINED' && label === PARTNER_LABEL.label,
    );
    return found?.typeId ?? null;
  } catch (error) {
    // Reading labels needs a scope of its own: without it deals are linked as before there were labels.
    if (error instanceof SyncError && error.details.httpStatus === 403) return null;
    throw error;
  }
}
