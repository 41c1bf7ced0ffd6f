import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { associationPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { batchError, type Answer } from '../http/vendor-error.ts';
import { batchAnswer, checkBatchSize, checkDuplicateIds } from '../objects/batch-writes.ts';
import { associationSpecSchema, idSchema } from '../objects/input-shapes.ts';
import { readScopes, writeScopes } from '../objects/scopes.ts';
import { defaultTypeId, withImplied } from '../portal/association-types.ts';
import type { AssociationChange } from '../records/change.ts';
import { associate, dissociate, endsOf, findEnds, type Pair } from './pairs.ts';
import { presentDefault, presentLabels, presentNeighbours, pageOf } from './present.ts';
import { badType, wrongSpec } from './resolve.ts';
import { refuseAll } from '../objects/write-fault.ts';

/** Inputs per call (facts: Associations [D]). */
const LIMITS = { create: 2000, read: 1000, archive: 100 };

/** `…/associations/{from}/{to}/batch/*`. */
export function associationBatchRoutes(): Route[] {
  return [
    ...routes('POST', 'batch/create', writeScopes, batchCreate),
    ...routes('POST', 'batch/associate/default', writeScopes, batchDefault),
    ...routes('POST', 'batch/read', readScopes, batchRead),
    ...routes('POST', 'batch/archive', writeScopes, batchArchive),
    ...routes('POST', 'batch/labels/archive', writeScopes, batchArchiveLabels),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return associationPaths(`/{from}/{to}/${rest}`).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

const endSchema = z.object({ id: idSchema });
const pairSchema = z.object({ from: endSchema, to: endSchema });
const createSchema = z.object({
  inputs: z.array(pairSchema.extend({ types: z.array(associationSpecSchema).min(1) })),
});

function batchCreate(call: Call): Answer {
  const { inputs } = readJson(call, createSchema);
  const { from, to } = endsOf(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length, LIMITS.create);
  // A type that does not lead from the one object to the other refuses the whole request.
  const wrong = inputs.find(({ types }) => wrongSpec(call.sandbox.portal, from, to, types) !== undefined);
  if (wrong !== undefined) throw refuseAll(call.sandbox.portal.portalId, [badType(wrong.types)]);
  const changes: AssociationChange[] = [];
  const errors: unknown[] = [];
  const results: unknown[] = [];
  for (const { types, ...pair } of inputs) {
    const found = findEnds(call, pair);
    if ('error' in found) {
      errors.push(found.error);
      continue;
    }
    const typeIds = withImplied(
      from.id,
      to.id,
      types.map(({ associationTypeId }) => associationTypeId),
    );
    changes.push({ op: 'associate', ...found.ends, typeIds });
    results.push(presentLabels(call, found.ends, typeIds));
  }
  associate(call, changes);
  return batchAnswer(call, results, errors, 201);
}

const pairsSchema = z.object({ inputs: z.array(pairSchema) });

function batchDefault(call: Call): Answer {
  const { inputs } = readJson(call, pairsSchema);
  call.records = inputs.length;
  checkBatchSize(inputs.length, LIMITS.create);
  return batchAnswer(call, ...associateByDefault(call, inputs), 200);
}

/** Creates the plain association of each pair; returns results (both directions) and errors. */
export function associateByDefault(call: Call, pairs: readonly Pair[]): [unknown[], unknown[]] {
  const { from, to } = endsOf(call);
  const plain = defaultTypeId(from.id, to.id);
  if (plain === undefined) throw refuseAll(call.sandbox.portal.portalId, [badType([])]);
  const changes: AssociationChange[] = [];
  const errors: unknown[] = [];
  for (const pair of pairs) {
    const found = findEnds(call, pair);
    if ('error' in found) errors.push(found.error);
    else changes.push({ op: 'associate', ...found.ends, typeIds: [plain] });
  }
  associate(call, changes);
  return [changes.flatMap((change) => presentDefault(call, change)), errors];
}

const readSchema = z.object({
  inputs: z.array(z.object({ id: idSchema, after: z.string().optional() })),
});

function batchRead(call: Call): Answer {
  const { inputs } = readJson(call, readSchema);
  const { from, to } = endsOf(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length, LIMITS.read);
  checkDuplicateIds(inputs.map(({ id }) => id));
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const { id, after } of inputs) {
    const neighbours = call.sandbox.ledger.associations.of(from.id, id, to.id);
    if (neighbours.length === 0) errors.push(nobody(call, id));
    else {
      const { page, paging } = pageOf(neighbours, after, 500);
      results.push({ from: { id }, to: presentNeighbours(call, from, to, page), ...paging });
    }
  }
  return batchAnswer(call, results, errors, 200);
}

/** Having no associations is reported as an error inside a 207, although nothing went wrong. */
function nobody(call: Call, id: string): unknown {
  const { from, to } = endsOf(call);
  const message = `No ${to.singular} is associated with ${from.singular} ${id}.`;
  const context = { fromObjectId: [id], fromObjectType: [from.singular], toObjectType: [to.singular] };
  const error = batchError('OBJECT_NOT_FOUND', message, context);
  // A text according to third parties, an object according to the spec.
  if (call.sandbox.settings.batchSubCategory !== 'text') return error;
  return { ...error, subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' };
}

const archiveSchema = z.object({ inputs: z.array(z.object({ from: endSchema, to: z.array(endSchema) })) });

function batchArchive(call: Call): Answer {
  const { inputs } = readJson(call, archiveSchema);
  call.records = inputs.length;
  checkBatchSize(inputs.length, LIMITS.archive);
  dissociate(
    call,
    inputs.flatMap(({ from, to }) => to.map((one) => ({ from, to: one }))),
  );
  return call.dated ? batchAnswer(call, [], [], 200) : { status: 204 };
}

/** Takes single labels away. Without its plain association a pair has no labels either (the official spec's own words). */
function batchArchiveLabels(call: Call): Answer {
  const { inputs } = readJson(call, createSchema);
  const { from, to } = endsOf(call);
  call.records = inputs.length;
  checkBatchSize(inputs.length, LIMITS.archive);
  const wrong = inputs.find(({ types }) => wrongSpec(call.sandbox.portal, from, to, types) !== undefined);
  if (wrong !== undefined) throw refuseAll(call.sandbox.portal.portalId, [badType(wrong.types)]);
  const plain = defaultTypeId(from.id, to.id);
  dissociate(
    call,
    inputs.map(({ types, ...pair }) => {
      const named = types.map(({ associationTypeId }) => associationTypeId);
      return plain !== undefined && named.includes(plain) ? pair : { ...pair, only: named };
    }),
  );
  return call.dated ? batchAnswer(call, [], [], 200) : { status: 204 };
}
