/**
 * Child records without a key of ours: partners, team members, campaign members. The set that is there is read, and the
 * difference written. A row is ours only when our user made it for something we once meant to hang there; every other row
 * is somebody else's and stays.
 */
import { z } from 'zod';
import type { CallOptions, Fields } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { SalesforceClient } from '../client.ts';
import { refusedItem } from '../errors.ts';
import { queries } from '../query.ts';
import { sameId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';
import { createRecords, deleteRecords, linking, type Written } from '../write-records.ts';

/** One kind of child: `parent` and `other` are its two lookups, which together name a row. */
export interface ChildKind {
  object: string;
  parent: string;
  other: string;
  /** Fields read beside these, for `same` and `row`. */
  reads: readonly string[];
}

export const ChildRow = z.looseObject({ Id: z.string(), CreatedById: z.string() });
export type ChildRow = z.infer<typeof ChildRow>;

export interface WantedChild {
  /** The deal it is for. */
  key: string;
  parentId: string;
  /** Null: nothing is wanted any more; what is ours goes. */
  otherId: string | null;
  /** Everything we ever meant to hang there; empty for kinds that only ever get more. */
  ours: readonly string[];
  /** The parent was made in this run: nothing can hang on it yet. */
  fresh: boolean;
  /** A row of ours for `otherId` is as it should be. */
  same(row: ChildRow): boolean;
  /** What a new row says beside its two lookups; `stay` are the rows that will be there with it. */
  row(stay: readonly ChildRow[]): Fields;
}

/** @returns why, for the deals whose child could not be made or taken away */
export async function syncChildren(
  client: SalesforceClient,
  kind: ChildKind,
  wanted: readonly WantedChild[],
  options: CallOptions,
): Promise<Map<string, SyncError>> {
  if (wanted.length === 0) return new Map();
  const { userId } = await client.sessions.current(linking, options);
  const known = await readRows(client, kind, wanted, options);
  const plans = wanted.map((one) => plan(kind, one, known.get(sameId(one.parentId)) ?? [], userId));
  const problems = new Map<string, SyncError>();
  await removeRows(client, plans, problems, options);
  await addRows(client, kind, plans, problems, options);
  return problems;
}

interface Plan {
  wanted: WantedChild;
  remove: readonly string[];
  stay: readonly ChildRow[];
  create: boolean;
}

function plan(kind: ChildKind, wanted: WantedChild, rows: readonly ChildRow[], userId: string): Plan {
  const ours = new Set(wanted.ours.map(sameId));
  const isOurs = (row: ChildRow): boolean =>
    sameId(row.CreatedById) === sameId(userId) && ours.has(otherOf(kind, row));
  const forWanted = rows.filter(
    (row) => wanted.otherId !== null && otherOf(kind, row) === sameId(wanted.otherId),
  );
  const served = forWanted.find((row) => !isOurs(row) || wanted.same(row));
  const remove = rows.filter((row) => isOurs(row) && row !== served);
  return {
    wanted,
    remove: remove.map((row) => row.Id),
    stay: rows.filter((row) => !remove.includes(row)),
    create: wanted.otherId !== null && served === undefined,
  };
}

function otherOf(kind: ChildKind, row: ChildRow): string {
  const id = row[kind.other];
  return typeof id === 'string' ? sameId(id) : '';
}

async function readRows(
  client: SalesforceClient,
  kind: ChildKind,
  wanted: readonly WantedChild[],
  options: CallOptions,
): Promise<Map<string, ChildRow[]>> {
  const parents = [...new Set(wanted.filter((one) => !one.fresh).map((one) => one.parentId))];
  const rows = new Map<string, ChildRow[]>();
  if (parents.length === 0) return rows;
  const texts = splitBySize(parents, valueSize).map((oneOf) =>
    soql({
      from: kind.object,
      fields: ['Id', 'CreatedById', kind.parent, kind.other, ...kind.reads],
      where: [{ field: kind.parent, oneOf }],
      orderBy: ['Id'],
    }),
  );
  for (const row of await queries(client, ChildRow, { stage: 'link', write: false, soql: texts }, options)) {
    const parent = sameId(String(row[kind.parent]));
    rows.set(parent, [...(rows.get(parent) ?? []), row]);
  }
  return rows;
}

async function removeRows(
  client: SalesforceClient,
  plans: readonly Plan[],
  problems: Map<string, SyncError>,
  options: CallOptions,
): Promise<void> {
  const removals = plans.flatMap(({ wanted, remove }) => remove.map((id) => ({ key: wanted.key, id })));
  if (removals.length === 0) return;
  const ids = removals.map(({ id }) => id);
  const results = await deleteRecords(client, ids, options);
  for (const [index, { key }] of removals.entries()) {
    const error = problemOf(results[index], goneAnyway);
    if (error !== null) problems.set(key, error);
  }
}

async function addRows(
  client: SalesforceClient,
  kind: ChildKind,
  plans: readonly Plan[],
  problems: Map<string, SyncError>,
  options: CallOptions,
): Promise<void> {
  // Deals of one customer may want the same row: it is made once, and answers for all of them.
  const byPair = new Map<string, { keys: string[]; record: object }>();
  for (const { wanted, stay, create } of plans) {
    if (!create || wanted.otherId === null || problems.has(wanted.key)) continue;
    const pair = `${sameId(wanted.parentId)} ${sameId(wanted.otherId)}`;
    const known = byPair.get(pair);
    if (known) known.keys.push(wanted.key);
    else byPair.set(pair, { keys: [wanted.key], record: toRecord(kind, wanted, stay) });
  }
  if (byPair.size === 0) return;
  const rows = [...byPair.values()];
  const records = rows.map(({ record }) => record);
  const results = await createRecords(client, records, options);
  for (const [index, { keys }] of rows.entries()) {
    const error = problemOf(results[index], thereAlready);
    if (error !== null) for (const key of keys) problems.set(key, error);
  }
}

function toRecord(kind: ChildKind, wanted: WantedChild, stay: readonly ChildRow[]): object {
  return {
    attributes: { type: kind.object },
    [kind.parent]: wanted.parentId,
    [kind.other]: wanted.otherId,
    ...wanted.row(stay),
  };
}

/** Somebody was faster; the end is the same. */
const goneAnyway: ReadonlySet<string> = new Set([
  'ENTITY_IS_DELETED',
  'NOT_FOUND',
  'INVALID_CROSS_REFERENCE_KEY',
]);
const thereAlready: ReadonlySet<string> = new Set(['DUPLICATE_VALUE']);

function problemOf(result: Written | undefined, harmless: ReadonlySet<string>): SyncError | null {
  if (result instanceof SyncError) return result;
  if (result?.success) return null;
  const problems = result?.errors ?? [];
  const code = problems[0]?.statusCode ?? problems[0]?.errorCode ?? '';
  return harmless.has(code) ? null : refusedItem(problems, linking, false);
}
