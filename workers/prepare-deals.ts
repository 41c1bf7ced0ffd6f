import { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows, MappingError, type SourceView } from '../src/mapping/evaluate.ts';
import { isReps } from '../src/mapping/field-owners.ts';
import { requireAbsentValues } from '../src/mapping/fit.ts';
import { mappingFor, writesLines } from '../src/mapping/written-lines.ts';
import { renderNote } from '../src/mapping/render-card.ts';
import { chooseStart } from '../src/mapping/choose-start.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { ClaimedMirror } from '../src/mirror/claim-deals.ts';
import { loadDealViews, type DealView } from '../src/mirror/load-views.ts';
import { payloadHash } from '../src/mirror/payload-hash.ts';
import { loadMemories, type FieldMemory } from '../src/ownership/field-memory.ts';
import { lateEdits, offersOf } from '../src/ownership/late-edits.ts';
import { mirroredResult, parkedResult } from './deal-outcomes.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';
import { prepareAttached } from './prepare-attached.ts';
import { prepareLead } from './prepare-lead.ts';

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
  const written = claim.mirrors.flatMap((mirror) => (mirror.crmId === null ? [] : [mirror.dealId]));
  const memories = await loadMemories(context.db, connection.id, written);
  batch.items = claim.mirrors.map((mirror) =>
    prepareDeal(connection, mirror, requireView(views, mirror.dealId), memories.get(mirror.dealId) ?? null),
  );
}

function requireView(views: ReadonlyMap<string, DealView>, dealId: string): DealView {
  const view = views.get(dealId);
  if (!view) throw new Error(`deal ${dealId} has a mirror row but cannot be loaded`);
  return view;
}

function prepareDeal(
  connection: WiredConnection,
  mirror: ClaimedMirror,
  view: DealView,
  memory: FieldMemory | null,
): MirrorItem {
  const item: MirrorItem = {
    mirror,
    view,
    crmId: mirror.crmId,
    fresh: false,
    fields: {},
    hash: '',
    note: null,
    offers: {},
    memory,
    edits: null,
    sent: null,
    pushed: false,
    result: null,
  };
  if (view.attachedAs !== null) return prepareAttached(connection, item, () => noteEdits(connection, item));
  if (view.recordKind === 'lead') return prepareLead(connection, item);
  try {
    const source = fullView(connection, view);
    const mapping = mappingFor(connection.mapping, view);
    requireAbsentValues(mapping, 'deal', source);
    const handedOver = new Set(memory?.handedOver);
    const ours = mapping.deal.write.filter((row) => row.when === 'create' || !isReps(row, handedOver));
    const lasting = evaluateRows(ours, source, false);
    item.note = renderNote(connection.mapping.card, source, view.dealId);
    item.hash = payloadHash(connection.mapping.digest, lasting, [
      view.accountId,
      view.contactId,
      view.partnerAccountId,
      ...(item.note === null ? [] : [item.note.hash]),
      ...(writesLines(mapping, view) ? [JSON.stringify(view.lines)] : []),
    ]);
    item.fields = mirror.crmId === null ? evaluateRows(mapping.deal.write, source, true) : lasting;
    noteEdits(connection, item);
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

/** What the partner says goes with the write into our memory; what was changed too late to be written is set apart. */
function noteEdits(connection: WiredConnection, item: MirrorItem): void {
  const { memory, view } = item;
  const source = fullView(connection, view);
  const mapping = mappingFor(connection.mapping, view);
  item.offers = offersOf(mapping, source, view.contactId, new Set(memory?.handedOver));
  if (!memory) return;
  item.edits = lateEdits(memory, mapping, source, view.contactId);
  // It was not given to the field: that is remembered only when it is decided.
  for (const { key } of item.edits.changed) delete item.offers[key];
}

export function fullView(connection: WiredConnection, view: DealView): SourceView {
  const start = chooseStart(connection.startRules ?? [], connection.openStage, view.view);
  return {
    ...view.view,
    'stage.open': start.id,
    'stage.openPipeline': start.pipeline ?? null,
    'org.currency': connection.identity.currency,
  };
}
