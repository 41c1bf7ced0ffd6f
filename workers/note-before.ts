import type { Fields } from '../src/crm/connector.ts';
import type { SummedField } from '../src/crm/line-items.ts';
import { isSummed } from '../src/mapping/summed-field.ts';
import { keepImages } from '../src/ownership/before-images.ts';
import { readCurrent } from '../src/ownership/read-current.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';

/**
 * Keeps what the fields of records that are about to be updated hold, as far as it was seen; what was never seen is read,
 * all records in one call. Of creations it is noted with their outcome that they were ones.
 */
export async function noteBefore(
  batch: MirrorBatch,
  items: readonly MirrorItem[],
  object = batch.connection.mapping.deal.object,
): Promise<void> {
  const { context, connection, runId } = batch;
  const known = items.filter((item) => item.crmId !== null);
  if (known.length === 0) return;
  const summed = object === connection.mapping.deal.object ? connection.mapping.summed : undefined;
  const seen = await lastSeen(batch, known);
  const before = new Map(
    known.map((item) => [item, whatIsKnown(item, seen.get(item.crmId ?? '') ?? {}, summed)]),
  );
  const unknown = known.filter((item) => isUnknown(item, before.get(item), summed));
  await readUnknown(batch, object, unknown, before, summed);
  if (summed) for (const item of known) withholdSummed(item, before.get(item) ?? {}, summed);
  const images = known.map((item) => ({
    runId,
    dealId: item.mirror.dealId,
    crmId: item.crmId ?? '',
    created: false,
    before: before.get(item) ?? {},
    wrote: item.fields,
  }));
  await keepImages(context.db, connection.id, images, false, context.clock.now());
}

async function lastSeen(
  { context, connection }: MirrorBatch,
  items: readonly MirrorItem[],
): Promise<Map<string, Fields>> {
  const rows = await context.db.query<{ crm_id: string; snapshot: Fields | null }>(
    'SELECT crm_id, snapshot FROM observed_records WHERE connection_id = $1 AND crm_id = ANY($2::text[])',
    [connection.id, items.map((item) => item.crmId)],
  );
  return new Map(rows.map((row) => [row.crm_id, row.snapshot ?? {}]));
}

/** What we sent and did not read back yet is newer than what was seen. */
function whatIsKnown({ fields, memory }: MirrorItem, seen: Fields, summed?: SummedField): Fields {
  const unread = new Set(memory?.unread);
  const known: Fields = {};
  for (const field of Object.keys(fields)) {
    const value = unread.has(field) ? memory?.sent[field]?.v : seen[field];
    if (value !== undefined) known[field] = value;
  }
  const flag = summed && seen[summed.while];
  return summed && flag !== undefined ? { ...known, [summed.while]: flag } : known;
}

/** What the record's own products hold is not sent, or the CRM would refuse everything beside it, too. */
function withholdSummed(item: MirrorItem, before: Fields, summed: SummedField): void {
  const value = item.fields[summed.field];
  if (value !== undefined && isSummed(summed, before)) {
    const rest = Object.entries(item.fields).filter(([field]) => field !== summed.field);
    Object.assign(item, { fields: Object.fromEntries(rest), withheld: { [summed.field]: value } });
  }
  Reflect.deleteProperty(before, summed.while);
}

/** After a refusal what was seen may be old: whether there are products is asked again. */
function isUnknown({ fields, mirror }: MirrorItem, known: Fields = {}, summed?: SummedField): boolean {
  const mayBeHeld = summed !== undefined && summed.field in fields;
  if (mayBeHeld && (!(summed.while in known) || mirror.attempts > 0)) return true;
  return Object.keys(fields).some((field) => !(field in known));
}

async function readUnknown(
  { connection, claim }: MirrorBatch,
  object: string,
  items: readonly MirrorItem[],
  before: Map<MirrorItem, Fields>,
  summed?: SummedField,
): Promise<void> {
  if (items.length === 0) return;
  const more = summed ? [summed.while] : [];
  const fields = [...new Set([...items.flatMap((item) => Object.keys(item.fields)), ...more])];
  for (let start = 0; start < items.length; start += connection.capabilities.readBatch) {
    const part = items.slice(start, start + connection.capabilities.readBatch);
    const ids = part.map((item) => item.crmId ?? '');
    const options = { deadline: callDeadline(claim.lease) };
    const records = await readCurrent(connection, object, ids, fields, options);
    const byId = new Map(records.map((record) => [record.crmId, record]));
    for (const item of part) {
      const record = byId.get(item.crmId ?? '');
      if (!record || record.deleted) continue;
      const flag = summed ? { [summed.while]: record.fields[summed.while] ?? null } : {};
      before.set(item, { ...record.fields, ...before.get(item), ...flag });
    }
  }
}
