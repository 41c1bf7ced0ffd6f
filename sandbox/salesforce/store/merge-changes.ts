import { diffRows } from './row.ts';
import type { Change } from './transaction.ts';

/**
 * What change events tell of a transaction: a record that automation changed after the caller did is one change,
 * the caller's own, with the values that both left; so is one that automation changed several times.
 */
export function mergeAutomation(changes: readonly Change[]): readonly Change[] {
  if (!changes.some(isAutomatedUpdate)) return changes;
  const merged: Change[] = [];
  const positions = new Map<string, number>();
  for (const change of changes) {
    const key = `${change.type.name} ${change.id}`;
    const at = positions.get(key);
    const earlier = at === undefined ? undefined : merged[at];
    if (at === undefined || earlier === undefined || earlier.op === 'delete' || !isAutomatedUpdate(change)) {
      positions.set(key, merged.length);
      merged.push(change);
    } else merged[at] = joined(earlier, change);
  }
  return merged;
}

function isAutomatedUpdate(change: Change): boolean {
  return change.automation && change.op === 'update';
}

function joined(earlier: Change, later: Change): Change {
  const { after } = later;
  return {
    ...earlier,
    after,
    values: earlier.before === undefined ? after : diffRows(earlier.before, after),
  };
}
