import type { Fields, FieldValue } from '../crm/connector.ts';
import { isReps } from '../mapping/field-owners.ts';
import { sameValue } from '../mapping/same-value.ts';
import type { SummedField } from '../crm/line-items.ts';
import type { WriteRow } from '../mapping/schema.ts';
import { isSummed } from '../mapping/summed-field.ts';
import type { FieldMemory, Restored } from './field-memory.ts';

export interface Difference {
  field: string;
  kind: 'changed-by-crm' | 'drifted' | 'summed';
  sent: FieldValue;
  found: FieldValue;
  action: 'reported' | 'restored';
  /** open: a field of ours, until it is as sent again. noted: a field of the rep, where there is nothing to settle. */
  state: 'open' | 'noted';
}

/** The same value is put back so often; then whoever changes it is taken to mean it, or to be a machine that never stops. */
const mostRestores = 3;

export interface FieldJudgement {
  differences: Difference[];
  /** Open differences that are over: the CRM holds what we sent. */
  settled: string[];
  differing: Fields;
  restored: Restored;
  summed: boolean;
}

/**
 * Compares what a record shows with what we last sent, field by field. The first look after a write tells what the CRM
 * made of it (a flow, a rounding, a default): that is recorded and never written again, or the two would go on for ever.
 * A field of ours that had been as sent and is not any more was changed by somebody: put right, recorded in any case.
 * A field of the rep is compared only at the first look. What the record's own products hold is told and left alone; once
 * they are gone, it is put right like any other field. Pure.
 */
export function judgeFields(
  memory: FieldMemory,
  seen: Readonly<Fields>,
  rows: readonly WriteRow[],
  summed?: SummedField,
): FieldJudgement {
  const handedOver = new Set(memory.handedOver);
  const byField = new Map(rows.map((row) => [row.to, row]));
  const unread = new Set(memory.unread);
  const judgement: FieldJudgement = {
    differences: [],
    settled: [],
    differing: { ...memory.differing },
    restored: { ...memory.restored },
    summed: isSummed(summed, seen),
  };
  for (const [field, { v: sent }] of Object.entries(memory.sent)) {
    const found = seen[field];
    if (found === undefined) continue;
    const row = byField.get(field);
    const ours = row !== undefined && !isReps(row, handedOver);
    if (sameValue(sent, found)) settle(judgement, memory, field);
    else if (ours && field === summed?.field && (judgement.summed || memory.summed))
      heedProducts(judgement, memory, row, { field, sent, found });
    else if (unread.has(field)) open(judgement, ours, { field, kind: 'changed-by-crm', sent, found });
    else if (ours) drift(judgement, memory, row, { field, kind: 'drifted', sent, found });
    else settle(judgement, memory, field);
  }
  return judgement;
}

function settle(judgement: FieldJudgement, memory: FieldMemory, field: string): void {
  if (!(field in memory.differing)) return;
  judgement.settled.push(field);
  delete judgement.differing[field];
}

/** The field was never sent while products held it: what was seen of it until they went says nothing about who changed it. */
function heedProducts(
  judgement: FieldJudgement,
  memory: FieldMemory,
  row: WriteRow,
  found: Omit<Found, 'kind'>,
): void {
  const known = memory.differing[found.field];
  if (!judgement.summed) drift(judgement, { ...memory, differing: {} }, row, { ...found, kind: 'drifted' });
  else if (memory.unread.includes(found.field) || known === undefined || !sameValue(known, found.found))
    open(judgement, true, { ...found, kind: 'summed' });
}

type Found = Pick<Difference, 'field' | 'kind' | 'sent' | 'found'>;

function open(judgement: FieldJudgement, ours: boolean, found: Found): void {
  judgement.differences.push({ ...found, action: 'reported', state: ours ? 'open' : 'noted' });
  if (ours) judgement.differing[found.field] = found.found;
}

/** What is known to differ and was found so again needs no second entry; what was restored often enough is only reported. */
function drift(judgement: FieldJudgement, memory: FieldMemory, row: WriteRow, found: Found): void {
  const { field, sent } = found;
  const known = memory.differing[field];
  if (known !== undefined && sameValue(known, found.found)) return;
  const before = memory.restored[field];
  const times = before !== undefined && sameValue(before.v, sent) ? before.times : 0;
  if (known !== undefined || times >= mostRestores || row.drift === 'report') {
    open(judgement, true, found);
    return;
  }
  judgement.differences.push({ ...found, action: 'restored', state: 'open' });
  judgement.differing[field] = found.found;
  judgement.restored[field] = { v: sent, times: times + 1 };
}
