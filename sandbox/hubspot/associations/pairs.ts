import type { Call } from '../http/call.ts';
import { batchError } from '../http/vendor-error.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { appAuthor } from '../records/author.ts';
import type { AssociationChange } from '../records/change.ts';

/** Two records as a request names them. */
export interface Pair {
  from: { id: string };
  to: { id: string };
}

type Ends = Pick<AssociationChange, 'from' | 'fromId' | 'to' | 'toId'>;

/** The object types of the path. */
export function endsOf(call: Call): { from: ObjectType; to: ObjectType } {
  const { types } = call;
  return { from: (types['from'] ?? types['objectType']) as ObjectType, to: types['to'] as ObjectType };
}

/** Finds both records, or the error that names the missing one. */
export function findEnds(call: Call, pair: Pair): { ends: Ends } | { error: unknown } {
  const { from, to } = endsOf(call);
  const { stores } = call.sandbox.ledger;
  const left = stores[from.id].live(pair.from.id);
  const right = stores[to.id].live(pair.to.id);
  if (left === undefined) return { error: missing(from, pair.from.id, pair) };
  if (right === undefined) return { error: missing(to, pair.to.id, pair) };
  return { ends: { from: from.id, fromId: left.id, to: to.id, toId: right.id } };
}

/** Commits new associations under the caller's name. */
export function associate(call: Call, changes: AssociationChange[]): void {
  call.sandbox.ledger.commitAssociations(appAuthor(call.grant?.appId ?? 0, call.requestId), changes);
}

/** Removes every association between the pairs, or `only` these types of it; pairs without one are passed over. */
export function dissociate(call: Call, pairs: readonly (Pair & { only?: readonly number[] })[]): void {
  const { from, to } = endsOf(call);
  const changes = pairs.map((pair): AssociationChange => {
    const held = call.sandbox.ledger.associations.typesBetween(from.id, pair.from.id, to.id, pair.to.id);
    const typeIds = held.filter((typeId) => pair.only?.includes(typeId) ?? true);
    return { op: 'dissociate', from: from.id, fromId: pair.from.id, to: to.id, toId: pair.to.id, typeIds };
  });
  associate(
    call,
    changes.filter(({ typeIds }) => typeIds.length > 0),
  );
}

function missing(type: ObjectType, id: string, pair: Pair): unknown {
  const context = { fromObjectId: [pair.from.id], toObjectId: [pair.to.id], objectId: [id] };
  return batchError('OBJECT_NOT_FOUND', `${type.label} with id ${id} does not exist.`, context);
}
