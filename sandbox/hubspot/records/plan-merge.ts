import type { Sandbox } from '../sandbox.ts';
import type { Merge } from './change.ts';
import type { CrmRecord, Values } from './record.ts';

/** Plans a merge: the primary's values win, the merged record fills its gaps. */
export function planMerge(sandbox: Sandbox, primary: CrmRecord, merged: CrmRecord): Merge {
  const values: Values = {};
  for (const name in merged.values) {
    const value = merged.values[name];
    if (value && !primary.values[name]) values[name] = value;
  }
  const intoId = sandbox.settings.mergeInto === 'primary' ? primary.id : sandbox.ledger.nextId();
  return { type: primary.type, primaryId: primary.id, mergedId: merged.id, intoId, values };
}
