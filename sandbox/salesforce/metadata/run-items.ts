import type { Sandbox } from '../sandbox.ts';
import type { Actor } from '../store/transaction.ts';
import { MetadataError } from './metadata-error.ts';
import type { MetadataKind } from './kinds/kind.ts';
import type { Plain } from './plain.ts';
import { beginWork } from './begin-work.ts';
import type { Work } from './work.ts';

/** A component of a call, with what its type knows to do with it. */
export interface Item {
  kind: MetadataKind;
  plain: Plain;
}

/** The outcome of one component, in the order of the call. */
interface ItemResult {
  created?: boolean;
  errors?: { fields?: readonly string[]; message: string; statusCode: string };
  fullName?: string;
  success: boolean;
}

/** Carries out one component. Returns what its result says beyond success. */
export type ItemWork = (work: Work, item: Item) => { created?: boolean };

/** Carries out the components one by one. A refused one leaves no trace and does not touch the others, unless all or none was asked for. */
export function runItems(
  sandbox: Sandbox,
  actor: Actor,
  version: number,
  allOrNone: boolean,
  items: readonly Item[],
  one: ItemWork,
): ItemResult[] {
  const work = beginWork(sandbox, actor, version);
  const start = work.mark();
  const results = items.map((item) => runItem(work, item, one));
  if (allOrNone && results.some((result) => !result.success)) {
    work.rollbackTo(start);
    return results.map((result) => (result.success ? rolledBack(result) : result));
  }
  work.commit();
  return results;
}

function runItem(work: Work, item: Item, one: ItemWork): ItemResult {
  const mark = work.mark();
  const fullName = nameOf(item);
  try {
    if (fullName === '')
      throw new MetadataError('REQUIRED_FIELD_MISSING', 'Required field is missing: fullName', ['fullName']);
    refuseVersion(work, item.kind);
    return { ...one(work, item), fullName, success: true };
  } catch (error) {
    work.rollbackTo(mark);
    if (!(error instanceof MetadataError)) throw error;
    const { statusCode, message, fields } = error;
    return {
      errors: { ...(fields.length === 0 ? {} : { fields }), message, statusCode },
      ...(fullName === '' ? {} : { fullName }),
      success: false,
    };
  }
}

function rolledBack(result: ItemResult): ItemResult {
  const errors = {
    message:
      'Record rolled back because not all records were valid and the request was using AllOrNone header',
    statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  };
  return { errors, ...(result.fullName === undefined ? {} : { fullName: result.fullName }), success: false };
}

function nameOf({ plain }: Item): string {
  return typeof plain['fullName'] === 'string' ? plain['fullName'] : '';
}

function refuseVersion(work: Work, kind: MetadataKind): void {
  if (kind.since !== undefined && work.version < kind.since)
    throw new MetadataError('INVALID_TYPE', `${kind.type} is available from API version ${kind.since}.0 on`);
}

/** Creates a component. */
export function createOne(work: Work, { kind, plain }: Item): { created?: boolean } {
  if (kind.create === undefined) throw notFor(kind, 'created');
  kind.create(work, nameOf({ kind, plain }), plain);
  return {};
}

/** Changes a component that is there. */
export function updateOne(work: Work, { kind, plain }: Item): { created?: boolean } {
  if (kind.update === undefined) throw notFor(kind, 'changed');
  kind.update(work, nameOf({ kind, plain }), plain);
  return {};
}

/** Creates a component, or changes the one that is there. */
export function upsertOne(work: Work, item: Item): { created?: boolean } {
  const known = item.kind.read(work.sandbox, nameOf(item)) !== undefined;
  if (known) updateOne(work, item);
  else createOne(work, item);
  return { created: !known };
}

/** Deletes a component. */
export function deleteOne(work: Work, { kind, plain }: Item): { created?: boolean } {
  if (kind.delete === undefined) throw notFor(kind, 'deleted');
  kind.delete(work, nameOf({ kind, plain }));
  return {};
}

/** Renames a component to `newFullName`. */
export function renameOne(work: Work, { kind, plain }: Item): { created?: boolean } {
  if (kind.rename === undefined) throw notFor(kind, 'renamed');
  kind.rename(work, nameOf({ kind, plain }), String(plain['newFullName']));
  return {};
}

function notFor(kind: MetadataKind, what: string): MetadataError {
  return new MetadataError(
    'UNKNOWN_EXCEPTION',
    `sandbox: components of type ${kind.type} cannot be ${what} in this org`,
  );
}
