import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { associationPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { invalid, notFound, type Answer } from '../http/vendor-error.ts';
import { schemaReadScopes, schemaWriteScopes } from '../objects/scopes.ts';
import { defaultTypeId, type AssociationLabel } from '../portal/association-types.ts';
import { endsOf } from './pairs.ts';
import { presentType } from './present.ts';
import { typesBetween } from './types-between.ts';

/** `…/associations/{from}/{to}/labels`: what associations there are, and labels of the portal's own. */
export function labelRoutes(): Route[] {
  return [
    ...routes('GET', 'labels', schemaReadScopes, list),
    ...routes('POST', 'labels', schemaWriteScopes, create),
    ...routes('PUT', 'labels', schemaWriteScopes, rename),
    ...routes('DELETE', 'labels/{associationTypeId}', schemaWriteScopes, remove),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return associationPaths(`/{from}/{to}/${rest}`).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function list(call: Call): Answer {
  const { from, to } = endsOf(call);
  const types = typesBetween(call.sandbox.portal, from.id, to.id);
  return { status: 200, json: { results: types.map((type) => presentType(call, type)) } };
}

const createSchema = z.object({
  name: z.string(),
  label: z.string(),
  inverseLabel: z.string().optional(),
});

/** Ids of labels are the portal's own; these begin high, so that nobody takes one for a constant. */
const FIRST_ID = 90_001;

function create(call: Call): Answer {
  const { name, label, inverseLabel } = readJson(call, createSchema);
  const { from, to } = endsOf(call);
  checkNew(call, name, label);
  const ids = [...call.sandbox.portal.labels.keys()];
  const typeId = Math.max(FIRST_ID - 1, ...ids) + 1;
  const selfInverse = from.id === to.id && inverseLabel === undefined;
  const made: AssociationLabel = {
    ...{ name, from: from.id, to: to.id, typeId, label },
    inverseTypeId: selfInverse ? typeId : typeId + 1,
    inverseLabel: inverseLabel ?? label,
  };
  call.sandbox.ledger.commitSetting({ kind: 'label', label: made, removed: false });
  const results = [{ category: 'USER_DEFINED', typeId, label }];
  if (!selfInverse) {
    results.push({ category: 'USER_DEFINED', typeId: typeId + 1, label: made.inverseLabel });
  }
  return { status: 200, json: { results } };
}

function checkNew(call: Call, name: string, label: string): void {
  const { from, to } = endsOf(call);
  const { portal, settings } = call.sandbox;
  if (defaultTypeId(from.id, to.id) === undefined) {
    throw invalid(`${from.label} and ${to.label} cannot be associated.`);
  }
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw invalid(
      `The name ${name} is invalid: names start with a letter and consist of letters, digits and underscores`,
    );
  }
  const own = labelsBetween(call);
  if (own.some((one) => one.name === name)) throw invalid(`An association named ${name} already exists.`);
  const taken = typesBetween(portal, from.id, to.id).some((one) => one.label === label);
  if (taken) throw invalid(`The label ${label} is in use for these objects already.`);
  if (own.length >= settings.labelLimit) {
    throw invalid(`No more than ${settings.labelLimit} association labels are allowed for these objects.`);
  }
}

const renameSchema = z.object({
  associationTypeId: z.number().int(),
  label: z.string(),
  inverseLabel: z.string().optional(),
});

function rename(call: Call): Answer {
  const { associationTypeId, label, inverseLabel } = readJson(call, renameSchema);
  const known = existing(call, associationTypeId);
  const forth = known.typeId === associationTypeId;
  const back = inverseLabel ?? (forth ? known.inverseLabel : known.label);
  const texts = forth ? { label, inverseLabel: back } : { label: back, inverseLabel: label };
  call.sandbox.ledger.commitSetting({ kind: 'label', label: { ...known, ...texts }, removed: false });
  return { status: 204 };
}

function remove(call: Call): Answer {
  const known = existing(call, Number(call.params['associationTypeId']));
  call.sandbox.ledger.commitSetting({ kind: 'label', label: known, removed: true });
  return { status: 204 };
}

function existing(call: Call, typeId: number): AssociationLabel {
  const known = call.sandbox.portal.labels.get(typeId);
  if (known === undefined || !labelsBetween(call).includes(known)) {
    throw notFound(`Association type ${typeId} does not exist for these objects, or is HubSpot's own`);
  }
  return known;
}

/** Labels between the two types of the path, whichever end they were made from. */
function labelsBetween(call: Call): AssociationLabel[] {
  const ends = Object.values(endsOf(call)).map(({ id }) => id);
  const own = [...new Set(call.sandbox.portal.labels.values())];
  return own.filter(({ from, to }) => ends.toSorted().join() === [from, to].toSorted().join());
}
