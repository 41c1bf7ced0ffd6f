import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError, type SourceView } from '../src/mapping/evaluate.ts';
import { requireAbsentValues } from '../src/mapping/fit.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { ClaimedMirror } from '../src/mirror/claim-deals.ts';
import { loadDealViews, type DealView } from '../src/mirror/load-views.ts';
import { payloadHash } from '../src/mirror/payload-hash.ts';
import { mirroredResult, parkedResult } from './deal-outcomes.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';
import { prepareAttached } from './prepare-attached.ts';

/** Computes each deal's payload; what cannot be computed is parked with the reason, what is unchanged is done. */
export async function prepareDeals(batch: MirrorBatch): Promise<void> {
  const { context, connection, claim } = batch;
  const views = await loadDealViews(
    context.db,
    connection.id,
    claim.mirrors,
    context.clock.now(),
    context.publicUrl,
  );
  batch.items = claim.mirrors.map((mirror) =>
    prepareDeal(connection, mirror, requireView(views, mirror.dealId)),
  );
}

function requireView(views: ReadonlyMap<string, DealView>, dealId: string): DealView {
  const view = views.get(dealId);
  if (!view) throw new Error(`deal ${dealId} has a mirror row but cannot be loaded`);
  return view;
}

function prepareDeal(connection: WiredConnection, mirror: ClaimedMirror, view: DealView): MirrorItem {
  const item: MirrorItem = {
    mirror,
    view,
    crmId: mirror.crmId,
    fresh: false,
    fields: {},
    hash: '',
    offers: {},
    sent: null,
    pushed: false,
    result: null,
  };
  if (view.attachedAs !== null) return prepareAttached(connection, item);
  try {
    const source = fullView(connection, view);
    requireAbsentValues(connection.mapping, 'deal', source);
    const lasting = evaluateRows(connection.mapping.deal.write, source, false);
    item.hash = payloadHash(connection.mapping.digest, lasting, [
      view.accountId,
      view.contactId,
      view.partnerAccountId,
    ]);
    item.fields = mirror.crmId === null ? evaluateRows(connection.mapping.deal.write, source, true) : lasting;
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    const refused = new SyncError({
      kind: 'invalid-record',
      stage: 'push',
      vendor: connection.vendor,
      plain: error.message,
      nextStep: 'Correct the deal or the mapping row, then redrive.',
      fields: [error.field],
    });
    item.result = parkedResult(item, refused);
    return item;
  }
  if (mirror.crmId !== null && mirror.mirroredHash === item.hash && !mirror.suspect)
    item.result = mirroredResult(item, null);
  return item;
}

export function fullView(connection: WiredConnection, view: DealView): SourceView {
  return {
    ...view.view,
    'stage.open': connection.openStage.id,
    'stage.openPipeline': connection.openStage.pipeline ?? null,
    'org.currency': connection.identity.currency,
  };
}
