import type { CommittedWrite } from '../../src/app/programme/crm-admin.ts';

/** Fields that belong to the rep from the moment the opportunity exists. */
const repOwned = ['Name', 'StageName', 'Amount', 'CloseDate', 'OwnerId', 'AccountId'];

/**
 * The values the rep's fields must have: those of the creation, overwritten by people and by what the org itself did
 * (a merge moves opportunities), in the order of the org's journal. What came through the API afterwards is not theirs.
 */
export function whatOwnersWrote(writes: readonly CommittedWrite[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { op, origin, fields } of [...writes].sort((left, right) => left.seq - right.seq)) {
    if (op !== 'create' && origin === 'api') continue;
    for (const field of repOwned) if (field in fields) values[field] = fields[field];
  }
  return values;
}

export function countBy<Item>(items: Iterable<Item>, key: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
