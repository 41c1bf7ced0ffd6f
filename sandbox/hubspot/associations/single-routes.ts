import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { objectAssociationPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { invalid, objectNotFound, type Answer } from '../http/vendor-error.ts';
import { batchAnswer } from '../objects/batch-writes.ts';
import { associationSpecSchema } from '../objects/input-shapes.ts';
import { readScopes, writeScopes } from '../objects/scopes.ts';
import { refuseAll } from '../objects/write-fault.ts';
import { withImplied } from '../portal/association-types.ts';
import { associateByDefault } from './batch-routes.ts';
import { associate, dissociate, endsOf, findEnds, type Pair } from './pairs.ts';
import { pageOf, presentLabels, presentNeighbours } from './present.ts';
import { badType, wrongSpec } from './resolve.ts';

const PAIR = '/{objectType}/{objectId}/associations/{to}/{toId}';

/** Associations of one record. */
export function associationSingleRoutes(): Route[] {
  return [
    ...routes('PUT', '/{objectType}/{objectId}/associations/default/{to}/{toId}', writeScopes, putDefault),
    ...routes('PUT', PAIR, writeScopes, putLabelled),
    ...routes('DELETE', PAIR, writeScopes, remove),
    ...routes('GET', '/{objectType}/{objectId}/associations/{to}', readScopes, list),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return objectAssociationPaths(rest).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

/** Idempotent (facts: Associations [L]). */
function putDefault(call: Call): Answer {
  call.records = 1;
  const [results, errors] = associateByDefault(call, [pairOf(call)]);
  if (errors.length > 0) throw objectNotFound();
  return batchAnswer(call, results, [], 200);
}

const specsSchema = z.array(associationSpecSchema).min(1);

function putLabelled(call: Call): Answer {
  call.records = 1;
  const specs = readJson(call, specsSchema);
  const { from, to } = endsOf(call);
  if (wrongSpec(call.sandbox.portal, from, to, specs) !== undefined) {
    throw refuseAll(call.sandbox.portal.portalId, [badType(specs)]);
  }
  const found = findEnds(call, pairOf(call));
  if ('error' in found) throw objectNotFound();
  const ids = specs.map(({ associationTypeId }) => associationTypeId);
  const typeIds = withImplied(from.id, to.id, ids);
  associate(call, [{ op: 'associate', ...found.ends, typeIds }]);
  return { status: 201, json: presentLabels(call, found.ends, typeIds) };
}

function remove(call: Call): Answer {
  call.records = 1;
  dissociate(call, [pairOf(call)]);
  return { status: 204 };
}

function list(call: Call): Answer {
  const { from, to } = endsOf(call);
  const limit = Number(call.query.get('limit') ?? 500);
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw invalid('limit must be between 1 and 500');
  const record = call.sandbox.ledger.stores[from.id].live(call.params['objectId'] as string);
  if (record === undefined) throw objectNotFound();
  const neighbours = call.sandbox.ledger.associations.of(from.id, record.id, to.id);
  const { page, paging } = pageOf(neighbours, call.query.get('after') ?? undefined, limit);
  return { status: 200, json: { results: presentNeighbours(call, from, to, page), ...paging } };
}

function pairOf(call: Call): Pair {
  return {
    from: { id: call.params['objectId'] as string },
    to: { id: call.params['toId'] as string },
  };
}
