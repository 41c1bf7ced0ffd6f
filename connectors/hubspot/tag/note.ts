import type { CallOptions, LinkWanted } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { DealNote, TagResult } from '../../../src/crm/tags.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Caller } from '../call.ts';
import { fromItemError, lacksResult, type CallSite } from '../errors.ts';
import { readAssociations } from '../read-associations.ts';
import { readBatch } from '../read-batch.ts';
import { WriteAnswer } from '../schema.ts';
import { objectBatchPath } from '../versions.ts';

export const NOTES = 'notes';
/** HubSpot's own association type, as its client lists it. */
const NOTE_TO_DEAL = 214;
const MOST = 100;
const LOOKING = { stage: 'link', write: false } as const;
const WRITING: CallSite = { stage: 'link', write: true };
const CREATING: CallSite = { ...WRITING, creates: true };

interface Item {
  key: string;
  dealId: string;
  fresh: boolean;
  note: DealNote;
  crmId: string | null;
}

export interface NoteOutcome {
  result?: TagResult['note'];
  error?: SyncError;
}

/**
 * One note on each deal, kept current. Notes have no key of ours: one that may be there already is looked for by its title among
 * those that hang on the deal, so that a lost answer makes no second one.
 */
export async function syncNotes(
  call: Caller,
  clock: Clock,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<ReadonlyMap<string, NoteOutcome>> {
  const items = links.flatMap(({ key, dealId, fresh, tags }): Item[] =>
    tags?.note === undefined ? [] : [{ key, dealId, fresh, note: tags.note, crmId: tags.note.crmId ?? null }],
  );
  const outcomes = new Map<string, NoteOutcome>();
  for (let start = 0; start < items.length; start += MOST) {
    const part = items.slice(start, start + MOST);
    try {
      await findLost(call, part, options);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      for (const { key } of part) outcomes.set(key, { error });
      continue;
    }
    const known = part.filter(({ crmId }) => crmId !== null);
    const missing = part.filter(({ crmId }) => crmId === null);
    await write(call, 'update', known, (item) => ({ id: item.crmId }), outcomes, options);
    const at = clock.now().toISOString();
    await write(call, 'create', missing, (item) => firstOf(item, at), outcomes, options);
  }
  return outcomes;
}

async function findLost(call: Caller, items: readonly Item[], options: CallOptions): Promise<void> {
  const unsure = items.filter(({ crmId, fresh }) => crmId === null && !fresh);
  if (unsure.length === 0) return;
  const ends = { from: 'deals', to: NOTES, ids: unsure.map(({ dealId }) => dealId) };
  const hanging = await readAssociations(call, LOOKING, ends, options);
  const ids = [...new Set([...hanging.values()].flatMap((notes) => [...notes.keys()]))];
  const bodies = new Map<string, string>();
  for (let start = 0; start < ids.length; start += MOST) {
    const part = ids.slice(start, start + MOST);
    const reading = { object: NOTES, ids: part, fields: ['hs_note_body', 'hs_object_source'], site: LOOKING };
    for (const { id, properties } of (await readBatch(call, reading, options)).records)
      if (properties['hs_object_source'] === 'INTEGRATION')
        bodies.set(id, String(properties['hs_note_body'] ?? ''));
  }
  for (const item of unsure) {
    const own = [...(hanging.get(item.dealId)?.keys() ?? [])].toSorted();
    item.crmId = own.find((id) => bodies.get(id)?.includes(escaped(item.note.title))) ?? null;
  }
}

function firstOf({ dealId }: Item, at: string): object {
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: NOTE_TO_DEAL }];
  return { at, associations: [{ to: { id: dealId }, types }] };
}

async function write(
  call: Caller,
  action: 'create' | 'update',
  items: readonly Item[],
  more: (item: Item) => { at?: string; id?: string | null },
  outcomes: Map<string, NoteOutcome>,
  options: CallOptions,
): Promise<void> {
  if (items.length === 0) return;
  const site = action === 'create' ? CREATING : WRITING;
  const inputs = items.map((item, index) => {
    const { at, ...rest } = more(item);
    const properties = { hs_note_body: bodyOf(item.note), ...(at === undefined ? {} : { hs_timestamp: at }) };
    return { ...rest, properties, objectWriteTraceId: `note-${index}` };
  });
  const path = objectBatchPath(NOTES, action);
  try {
    const { data } = await call(site, { method: 'POST', path, body: { inputs } }, WriteAnswer, options);
    const said = (error: { context?: Record<string, unknown> | undefined }): unknown[] =>
      [error.context?.['objectWriteTraceId'], error.context?.['ids'], error.context?.['id']].flat();
    for (const [index, item] of items.entries()) {
      const names: unknown[] = [`note-${index}`, ...(item.crmId === null ? [] : [item.crmId])];
      const made = data.results.find(({ id, objectWriteTraceId }) =>
        [objectWriteTraceId, id].some((name) => names.includes(name)),
      );
      const refused = data.errors.find((error) => said(error).some((name) => names.includes(name)));
      outcomes.set(item.key, outcomeOf(made?.id, refused && fromItemError(refused, site), site));
    }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    for (const { key } of items) outcomes.set(key, { error });
  }
}

function outcomeOf(crmId: string | undefined, refused: SyncError | undefined, site: CallSite): NoteOutcome {
  if (crmId !== undefined) return { result: { crmId } };
  // Somebody deleted it: it is not forced upon them again.
  if (refused?.kind === 'not-found') return { result: 'gone' };
  return { error: refused ?? lacksResult(site) };
}

function bodyOf({ title, text }: DealNote): string {
  const lines = text.split('\n').map((line) => `<p>${escaped(line) || '&nbsp;'}</p>`);
  return `<p><strong>${escaped(title)}</strong></p>${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
