/** Makes associations in batches. HubSpot keeps one once however often it is written. */
import type { CallOptions } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import type { Caller } from './call.ts';
import { fromItemError, lacksResult, type CallSite } from './errors.ts';
import { AssociationWriteAnswer, type VendorError } from './schema.ts';
import { sendSplitting } from './split-batch.ts';
import { associationBatchPath } from './versions.ts';

/** HubSpot's own association type, as its client lists it. */
export const DEAL_TO_COMPANY = 341;

const SITE: CallSite = { stage: 'link', write: true };

export interface Pair {
  from: string;
  to: string;
  type: number;
  /** A label of the portal's own, besides. */
  label?: number;
  /** Keys of the deals that need it. */
  keys: string[];
}

/** By key of the request. */
export type Failures = Map<string, SyncError>;

/** @param failures gets what failed, by the keys of its pairs */
export async function associate(
  call: Caller,
  from: string,
  to: string,
  wanted: readonly Pair[],
  failures: Failures,
  options: CallOptions,
): Promise<void> {
  const pairs = withoutRepeats(wanted);
  if (pairs.length === 0) return;
  const path = associationBatchPath(from, to, 'create');
  const failed = await sendSplitting<Pair, { pair: Pair; error?: SyncError }>(pairs, {
    send: async (part) => {
      const body = { inputs: part.map(inputOf) };
      const { data } = await call(SITE, { method: 'POST', path, body }, AssociationWriteAnswer, options);
      return outcomesOf(part, data.results, data.errors);
    },
    failed: (pair, error) => ({ pair, error }),
  });
  for (const { pair, error } of failed) {
    if (error !== undefined) for (const key of pair.keys) failures.set(key, error);
  }
}

function inputOf({ from, to, type, label }: Pair): object {
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type }];
  if (label !== undefined) types.push({ associationCategory: 'USER_DEFINED', associationTypeId: label });
  return { from: { id: from }, to: { id: to }, types };
}

/** Several deals of one contact want the same association of that contact. */
function withoutRepeats(pairs: readonly Pair[]): Pair[] {
  const unique = new Map<string, Pair>();
  for (const pair of pairs) {
    const same = unique.get(nameOf(pair));
    if (same) same.keys.push(...pair.keys);
    else unique.set(nameOf(pair), { ...pair, keys: [...pair.keys] });
  }
  return [...unique.values()];
}

/** A pair whose record was merged answers under the other record's id, so what is left over is matched by number. */
function outcomesOf(
  pairs: readonly Pair[],
  results: readonly { fromObjectId: string; toObjectId: string }[],
  errors: readonly VendorError[],
): { pair: Pair; error?: SyncError }[] {
  const made = new Set(results.map(({ fromObjectId, toObjectId }) => `${fromObjectId}>${toObjectId}`));
  const unmatched = pairs.filter(({ from, to }) => !made.delete(`${from}>${to}`));
  const refused = new Map(
    unmatched.flatMap((pair) => {
      const error = errors.find((one) => speaksOf(one, pair));
      return error === undefined ? [] : [[pair, fromItemError(error, SITE)] as const];
    }),
  );
  const allMade = made.size >= unmatched.length - refused.size;
  return pairs.map((pair) => {
    const error = refused.get(pair);
    if (error !== undefined) return { pair, error };
    return unmatched.includes(pair) && !allMade ? { pair, error: lacksResult(SITE) } : { pair };
  });
}

/** Which ids an error's context names differs by the fault: any mention of either end counts. */
function speaksOf({ context, message }: VendorError, { from, to }: Pair): boolean {
  const said: readonly string[] = JSON.stringify([context ?? {}, message ?? '']).match(/\d+/g) ?? [];
  return said.includes(from) || said.includes(to);
}

function nameOf({ from, to, type }: Pair): string {
  return `${from}>${to}:${type}`;
}
