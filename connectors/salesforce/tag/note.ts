import { z } from 'zod';
import type { CallOptions, LinkWanted } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { DealNote, TagResult } from '../../../src/crm/tags.ts';
import type { SalesforceClient } from '../client.ts';
import { misuse, refusedItem } from '../errors.ts';
import { queries } from '../query.ts';
import { sameId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';
import { createRecords, linking, updateRecords, type Written } from '../write-records.ts';
import { noteKindOf, type NoteKind } from './note-kinds.ts';

interface Item {
  key: string;
  dealId: string;
  note: DealNote;
  fresh: boolean;
  /** The note, once it is known. */
  crmId: string | null;
  /** It was found, not made here: it may still lack its link. */
  found: boolean;
  outcome: NoteOutcome;
}

export interface NoteOutcome {
  error?: SyncError;
  result?: TagResult['note'];
}

/**
 * One note per deal, changed in place. Its title holds the deal's id, so that after a lost answer or a crash it is found
 * before another one could be made; a note that bears another title, or that somebody else made, is not ours.
 */
export async function syncNotes(
  client: SalesforceClient,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<ReadonlyMap<string, NoteOutcome>> {
  const byObject = new Map<string, Item[]>();
  for (const { key, dealId, fresh, tags } of links) {
    const note = tags?.note;
    if (note === undefined) continue;
    const item = { key, dealId, note, fresh, crmId: note.crmId ?? null, found: false, outcome: {} };
    byObject.set(note.object, [...(byObject.get(note.object) ?? []), item]);
  }
  for (const [object, items] of byObject) {
    const kind = noteKindOf(object);
    if (kind === null) throw misuse(linking, `notes cannot be kept in ${object}`);
    await findLost(client, kind, items, options);
    await change(client, kind, items, options);
    await create(client, kind, items, options);
    if (kind.parent === undefined) await hangOnDeals(client, items, options);
  }
  return new Map([...byObject.values()].flat().map((item) => [item.key, item.outcome]));
}

const NoteRow = z.looseObject({ Id: z.string(), CreatedById: z.string() });

/** A deal that was there before may have its note already, whatever we remember. */
async function findLost(
  client: SalesforceClient,
  kind: NoteKind,
  items: readonly Item[],
  options: CallOptions,
): Promise<void> {
  const unknown = items.filter((item) => item.crmId === null && !item.fresh);
  if (unknown.length === 0) return;
  const { userId } = await client.sessions.current(linking, options);
  const { parent } = kind;
  const [field, values] =
    parent === undefined
      ? [kind.title, unknown.map((item) => titleOf(kind, item))]
      : [parent, unknown.map((item) => item.dealId)];
  const texts = splitBySize(values, valueSize).map((oneOf) =>
    soql({
      from: kind.object,
      fields: ['Id', 'CreatedById', kind.title],
      where: [{ field, oneOf }],
      orderBy: ['Id'],
    }),
  );
  const rows = await queries(client, NoteRow, { stage: 'link', write: false, soql: texts }, options);
  const ours = rows.filter((row) => sameId(row.CreatedById) === sameId(userId));
  const byTitle = new Map(ours.reverse().map((row) => [String(row[kind.title]), row.Id]));
  for (const item of unknown) {
    item.crmId = byTitle.get(titleOf(kind, item)) ?? null;
    item.found = item.crmId !== null;
  }
}

async function change(
  client: SalesforceClient,
  kind: NoteKind,
  items: readonly Item[],
  options: CallOptions,
): Promise<void> {
  const known = items.filter((item) => item.crmId !== null);
  if (known.length === 0) return;
  const records = known.map((item) => ({
    attributes: { type: kind.object },
    id: item.crmId,
    [kind.title]: titleOf(kind, item),
    ...kind.content(item.note),
  }));
  const results = await updateRecords(client, records, options);
  for (const [index, item] of known.entries()) {
    const problem = problemOf(results[index], true);
    if (problem === null) item.outcome = { result: { crmId: item.crmId ?? '' } };
    // Somebody deleted it: it is not forced upon them again.
    else if (problem.kind === 'not-found') item.outcome = { result: 'gone' };
    else item.outcome = { error: problem };
  }
}

async function create(
  client: SalesforceClient,
  kind: NoteKind,
  items: readonly Item[],
  options: CallOptions,
): Promise<void> {
  const missing = items.filter((item) => item.crmId === null);
  if (missing.length === 0) return;
  const records = missing.map((item) => ({
    attributes: { type: kind.object },
    [kind.title]: titleOf(kind, item),
    ...(kind.parent === undefined ? {} : { [kind.parent]: item.dealId }),
    ...kind.atFirst,
    ...kind.content(item.note),
  }));
  const results = await createRecords(client, records, options);
  for (const [index, item] of missing.entries()) {
    const result = results[index];
    const problem = problemOf(result, false);
    const crmId = result instanceof SyncError ? undefined : result?.id;
    if (problem !== null || !crmId)
      item.outcome = { error: problem ?? misuse(linking, 'a note without its id') };
    else {
      item.crmId = crmId;
      item.outcome = { result: { crmId } };
    }
  }
}

const LinkRow = z.object({ ContentDocumentId: z.string(), LinkedEntityId: z.string() });

/** A note made here has no link yet; one that was found may have lost the call that would have made it. */
async function hangOnDeals(
  client: SalesforceClient,
  items: readonly Item[],
  options: CallOptions,
): Promise<void> {
  const written = items.filter((item) => item.outcome.error === undefined && item.outcome.result !== 'gone');
  const unsure = written.filter((item) => item.note.crmId === undefined);
  const found = unsure.flatMap((item) => (item.found && item.crmId !== null ? [item.crmId] : []));
  const hanging = await readLinks(client, found, options);
  const loose = unsure.filter((item) => !hanging.has(`${sameId(item.crmId ?? '')} ${sameId(item.dealId)}`));
  if (loose.length === 0) return;
  const records = loose.map((item) => ({
    attributes: { type: 'ContentDocumentLink' },
    ContentDocumentId: item.crmId,
    LinkedEntityId: item.dealId,
    // Read by whoever may read the deal; edited by us.
    ShareType: 'V',
  }));
  const results = await createRecords(client, records, options);
  for (const [index, item] of loose.entries()) {
    const problem = problemOf(results[index], false);
    // The note itself is found by its title next time.
    if (problem !== null) item.outcome = { error: problem };
  }
}

async function readLinks(
  client: SalesforceClient,
  notes: readonly string[],
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  if (notes.length === 0) return new Set();
  const texts = splitBySize(notes, valueSize).map((oneOf) =>
    soql({
      from: 'ContentDocumentLink',
      fields: ['ContentDocumentId', 'LinkedEntityId'],
      where: [{ field: 'ContentDocumentId', oneOf }],
    }),
  );
  const rows = await queries(client, LinkRow, { stage: 'link', write: false, soql: texts }, options);
  return new Set(rows.map((row) => `${sameId(row.ContentDocumentId)} ${sameId(row.LinkedEntityId)}`));
}

function titleOf(kind: NoteKind, { note }: Item): string {
  return note.title.slice(0, kind.longestTitle).trim();
}

function problemOf(result: Written | undefined, identified: boolean): SyncError | null {
  if (result instanceof SyncError) return result;
  return result?.success ? null : refusedItem(result?.errors ?? [], linking, identified);
}
