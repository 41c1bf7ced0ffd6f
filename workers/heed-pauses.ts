import { evaluateRows, MappingError } from '../src/mapping/evaluate.ts';
import type { PausedRow } from '../src/mapping/fit.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { StoredError } from '../src/mirror/deal-result.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { heldKind } from '../src/mirror/mapping-rows.ts';
import { oweFields, owedFieldsOf, settleOwed } from '../src/mirror/owed-fields.ts';
import { asCallError, baseResult, failItems } from './deal-outcomes.ts';
import { inBatches } from './may-go-on.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';
import { fullView } from './prepare-deals.ts';

/** Held work is looked at again when a row comes back; this is only for the case that nobody tells. */
export const heldForMs = 3_600_000;

/**
 * Where rows of the mapping are paused: a new deal that cannot be created without them waits, at no call; any other is
 * written without them and remembered. Where they are back: what a deal went without is written with the rest.
 */
export async function heedPauses(batch: MirrorBatch): Promise<void> {
  const { context, connection, claim } = batch;
  const hold = essentialPause(connection, 'deal');
  if (hold) for (const item of unsent(batch)) if (item.crmId === null) holdItem(batch, item, hold);
  const ids = claim.mirrors.map((mirror) => mirror.dealId);
  const owed = await owedFieldsOf(context.db, connection.id, ids);
  if (owed.size > 0) await addOwed(batch, owed);
  await oweFields(
    context.db,
    connection.id,
    unsent(batch).flatMap((item) => withheld(connection, item)),
    context.clock.now(),
  );
}

/** Without those that a bulk job has written already. */
function unsent(batch: MirrorBatch): MirrorItem[] {
  return waiting(batch).filter((item) => !item.pushed);
}

export function essentialPause(
  { mapping }: WiredConnection,
  record: PausedRow['record'],
): PausedRow | undefined {
  return mapping.paused.find((row) => row.record === record && row.essential);
}

/** What a held record shows: the org is the cause, and nobody has to touch the record. */
export function heldError({ object, field, problem }: PausedRow): StoredError {
  return {
    kind: heldKind,
    plain: `Waits for ${object}.${field}: ${problem}.`,
    nextStep: 'Correct the CRM or the mapping row (tributary cards); it goes on by itself.',
    fields: [field],
  };
}

function holdItem({ context }: MirrorBatch, item: MirrorItem, row: PausedRow): void {
  const dueAt = new Date(context.clock.now().getTime() + heldForMs);
  // What an earlier send left open stays open.
  const suspect = item.mirror.suspect;
  item.result = {
    ...baseResult(item),
    state: 'due',
    hash: null,
    suspect,
    dueAt,
    error: heldError(row),
    write: null,
  };
}

/** The fields that this write leaves out although the deal has a value for them. */
function withheld(connection: WiredConnection, item: MirrorItem): { dealId: string; field: string }[] {
  const rows = connection.mapping.paused.flatMap(({ record, row }) =>
    row && record === 'deal' ? [row] : [],
  );
  return rows.flatMap((row) => {
    try {
      const fields = evaluateRows([row], fullView(connection, item.view), item.crmId === null);
      return Object.keys(fields).map((field) => ({ dealId: item.mirror.dealId, field }));
    } catch (error) {
      if (error instanceof MappingError) return [];
      throw error;
    }
  });
}

async function addOwed(batch: MirrorBatch, owed: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const { mapping } = batch.connection;
  const active = new Set(mapping.deal.write.map((row) => row.to));
  for (const item of batch.items) {
    const fields = (owed.get(item.mirror.dealId) ?? []).filter((field) => active.has(field));
    if (fields.length === 0 || item.view.attachedAs !== null) continue;
    // Nothing else has changed, but this is still owed.
    if (item.result?.state === 'mirrored') item.result = null;
    if (item.result === null) Object.assign(item, { owed: fields, pushed: false });
  }
  const known = batch.items.filter((item) => item.owed && item.crmId !== null);
  if (batch.gate.mode === 'live') await addCreateOnly(batch, known);
}

/**
 * A field of the rep's is written after the creation only while it is still empty: meanwhile a rep may have filled what
 * was hidden from us alone.
 */
async function addCreateOnly(batch: MirrorBatch, items: readonly MirrorItem[]): Promise<void> {
  const { connection, claim } = batch;
  const { object, write } = connection.mapping.deal;
  const creationRows = write.filter((row) => row.when === 'create');
  const late = items.filter((item) => creationRows.some((row) => item.owed?.includes(row.to)));
  for (const part of inBatches(late, connection.capabilities.readBatch)) {
    try {
      const wanted = creationRows.map((row) => row.to);
      const ids = part.map((item) => item.crmId ?? '');
      const deadline = callDeadline(claim.lease);
      const snapshots = await connection.connector.readDeals(object, ids, wanted, { deadline });
      for (const [index, item] of part.entries()) {
        const present = snapshots[index]?.fields ?? {};
        const rows = creationRows.filter(
          (row) => item.owed?.includes(row.to) === true && (present[row.to] ?? null) === null,
        );
        item.fields = { ...item.fields, ...evaluateRows(rows, fullView(connection, item.view), true) };
      }
    } catch (error) {
      await failItems(batch, part, asCallError(error, 'read', connection.vendor));
    }
  }
}

/** After the outcome was recorded: a crash in between writes the field once more. */
export async function settleWritten({ context, connection, items }: MirrorBatch): Promise<void> {
  const settled = items.flatMap((item) =>
    item.result?.state === 'mirrored' && !wasAdopted(item)
      ? (item.owed ?? []).map((field) => ({ dealId: item.mirror.dealId, field }))
      : [],
  );
  await settleOwed(context.db, connection.id, settled);
}

/** Found to exist only while it was sent: it was given what lasts, and not what is for its creation. */
function wasAdopted({ mirror, sent }: MirrorItem): boolean {
  return mirror.crmId === null && sent === 'update';
}
