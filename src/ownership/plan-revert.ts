import type { Fields, FieldValue } from '../crm/connector.ts';
import type { CurrentRecord } from '../crm/read-records.ts';
import type { SummedField } from '../crm/line-items.ts';
import { isSummed } from '../mapping/summed-field.ts';
import { sameValue } from '../mapping/same-value.ts';
import type { BeforeImage } from './before-images.ts';

export interface LeftField {
  field: string;
  wrote: FieldValue;
  now: FieldValue;
  /** Not changed by anybody: the sum of the record's own products. */
  summed?: true;
}

export interface DealRevert {
  dealId: string;
  crmId: string;
  /** Made by what is taken back; nothing is there to go back to. */
  created: boolean;
  /** Gone in the CRM. */
  deleted: boolean;
  /** Fields that nobody changed since, with what they go back to. */
  restore: Fields;
  from: Fields;
  /** Fields that somebody changed since: they stay as they are. */
  left: LeftField[];
  /** Of a record that was made: fields that hold something else than was written. */
  touched: string[];
  /** Of a record that was made, where it was asked for: whether it goes, or why not. */
  removal?: { refused: string | null };
}

/**
 * What taking back would do to one record. A field goes back only while it holds what was written; through several writes
 * it goes back one by one, to what it held before the first of them. Pure, and computed from what the CRM holds now:
 * planned again after an interruption, what was restored already has nothing left to restore.
 * @param images of one deal, newest first
 */
export function planRevert(
  images: readonly BeforeImage[],
  current: CurrentRecord,
  summed?: SummedField,
): DealRevert {
  const [newest] = images;
  if (!newest) throw new Error('nothing was kept of this deal');
  const plan: DealRevert = {
    dealId: newest.dealId,
    crmId: current.crmId,
    created: images.some((image) => image.created),
    deleted: current.deleted,
    restore: {},
    from: {},
    left: [],
    touched: [],
  };
  if (current.deleted) return plan;
  const fields = new Set(images.flatMap((image) => Object.keys(image.wrote)));
  for (const field of fields) planField(plan, field, images, current.fields[field] ?? null);
  plan.touched = plan.created ? touchedFields(images, current) : [];
  if (summed && isSummed(summed, current.fields)) leaveSummed(plan, summed.field);
  return plan;
}

/** Compared with the newest value that was written to each. */
function touchedFields(images: readonly BeforeImage[], { fields }: CurrentRecord): string[] {
  const wrote: Fields = Object.assign({}, ...[...images].reverse().map((image) => image.wrote));
  return Object.keys(wrote).filter((field) => !sameValue(fields[field] ?? null, wrote[field] ?? null));
}

/** The record's products hold it: the CRM would refuse the record with it. */
function leaveSummed(plan: DealRevert, field: string): void {
  if (!(field in plan.restore)) return;
  plan.left.push({ field, wrote: plan.restore[field] ?? null, now: plan.from[field] ?? null, summed: true });
  Reflect.deleteProperty(plan.restore, field);
  Reflect.deleteProperty(plan.from, field);
}

function planField(plan: DealRevert, field: string, images: readonly BeforeImage[], now: FieldValue): void {
  let value = now;
  let met = false;
  for (const { created, wrote, before } of images) {
    const written = wrote[field];
    if (written === undefined || created) continue;
    const earlier = before[field];
    if (earlier === undefined) continue;
    if (sameValue(value, written)) value = earlier;
    else if (!met && !sameValue(value, earlier)) plan.left.push({ field, wrote: written, now });
    else if (!sameValue(value, earlier)) break;
    met = true;
  }
  if (sameValue(value, now)) return;
  plan.restore[field] = value;
  plan.from[field] = now;
}
