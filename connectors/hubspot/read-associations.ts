import type { CallOptions } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { fromItemError, type CallSite } from './errors.ts';
import { AssociationReadAnswer } from './schema.ts';
import { associationBatchPath } from './versions.ts';

/** Ids of the records at the other end, with the types of the associations. */
export type Neighbours = ReadonlyMap<string, readonly number[]>;

/** The most records that one call asks about (facts: Associations). */
const MOST = 1000;

/** What the records are associated with; one without any is missing. Pages of an answer are followed. */
export async function readAssociations(
  call: Caller,
  site: CallSite,
  ends: { from: string; to: string; ids: readonly string[] },
  options: CallOptions,
): Promise<ReadonlyMap<string, Neighbours>> {
  const path = associationBatchPath(ends.from, ends.to, 'read');
  const found = new Map<string, Map<string, readonly number[]>>();
  let inputs: { id: string; after?: string }[] = [...new Set(ends.ids)].map((id) => ({ id }));
  while (inputs.length > 0) {
    const body = { inputs: inputs.slice(0, MOST) };
    const { data } = await call(site, { method: 'POST', path, body }, AssociationReadAnswer, options);
    for (const error of data.errors) {
      // One without associations is reported as an error, too. Any other would make what is there look absent.
      const failure = fromItemError(error, site);
      if (failure.kind !== 'not-found') throw failure;
    }
    const more = data.results.flatMap(({ from, paging }) =>
      paging?.next === undefined ? [] : [{ id: from.id, after: paging.next.after }],
    );
    for (const { from, to } of data.results) {
      const neighbours = found.get(from.id) ?? new Map<string, readonly number[]>();
      for (const { toObjectId, associationTypes } of to)
        neighbours.set(
          toObjectId,
          associationTypes.map(({ typeId }) => typeId),
        );
      found.set(from.id, neighbours);
    }
    inputs = [...inputs.slice(MOST), ...more];
  }
  return found;
}
