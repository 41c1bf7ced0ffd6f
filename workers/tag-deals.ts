import type { LinkOutcome } from '../src/crm/connector.ts';
import type { DealNote, DealTags, TagResult } from '../src/crm/tags.ts';
import { dealTags } from '../src/mapping/resolve-tags.ts';
import {
  forgetOtherChildren,
  meantChildren,
  rememberChildren,
  removableOf,
} from '../src/mirror/deal-children.ts';
import { knownNotes, recordNotes, type KnownNote } from '../src/mirror/deal-notes.ts';
import { closeCards, openCard } from '../src/platform/cards/cards.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';

type Tags = ReadonlyMap<string, DealTags>;

/**
 * What should hang on each deal. What we mean to hang there is stored first: whatever becomes of the call, our own rows can
 * be told from a rep's afterwards.
 */
export async function tagsOf(batch: MirrorBatch, items: readonly MirrorItem[]): Promise<Tags> {
  const { context, connection } = batch;
  const { connector } = connection;
  if (connector.resolveNames === undefined) return new Map();
  const none = { partner: [], 'deal-team': [] };
  const meant = items.flatMap((item) => {
    const tags = wantedTags(batch, item, none);
    return tags === null ? [] : removableOf(item.mirror.dealId, tags);
  });
  await rememberChildren(context.db, connection.id, meant, context.clock.now());
  const ids = items.map((item) => item.mirror.dealId);
  const ours = await meantChildren(context.db, connection.id, ids);
  const notes = await notesOf(batch, items);
  return new Map(
    items.flatMap((item) => {
      const { dealId } = item.mirror;
      const note = notes.get(dealId);
      const tags = wantedTags(batch, item, ours.get(dealId) ?? none) ?? (note ? { ours: none } : null);
      return tags === null ? [] : [[dealId, { ...tags, ...(note === undefined ? {} : { note }) }] as const];
    }),
  );
}

/** The notes that say something else than they should; one that somebody deleted is left deleted. */
async function notesOf(
  { context, connection }: MirrorBatch,
  items: readonly MirrorItem[],
): Promise<ReadonlyMap<string, DealNote>> {
  const noted = items.filter((item) => item.note !== null);
  if (noted.length === 0) return new Map();
  const ids = noted.map((item) => item.mirror.dealId);
  const known = await knownNotes(context.db, connection.id, ids);
  return new Map(
    noted.flatMap((item) => {
      const { dealId } = item.mirror;
      const before = known.get(dealId);
      const object = before?.object ?? connection.mapping.names?.noteObject ?? null;
      if (item.note === null || object === null || before?.crmId === null || before?.hash === item.note.hash)
        return [];
      const { title, text } = item.note;
      return [[dealId, { title, text, object, ...(before ? { crmId: before.crmId } : {}) }] as const];
    }),
  );
}

function wantedTags(
  { connection }: MirrorBatch,
  { view }: MirrorItem,
  ours: DealTags['ours'],
): DealTags | null {
  const { mapping } = connection;
  const deal = { partnerKey: String(view.view['partner.key']), partnerAccountId: view.partnerAccountId };
  return dealTags(mapping, mapping.names, deal, ours);
}

/** Stores what the call taught about the tags of these deals. */
export async function recordTags(
  batch: MirrorBatch,
  tags: Tags,
  outcomes: readonly LinkOutcome[],
): Promise<void> {
  const { context, connection } = batch;
  const linked = outcomes.filter((outcome) => outcome.status === 'linked').map(({ key }) => key);
  const settled = linked.filter((key) => tags.has(key));
  const stay = settled.flatMap((key) => {
    const wanted = tags.get(key);
    return wanted === undefined ? [] : removableOf(key, wanted);
  });
  await forgetOtherChildren(context.db, connection.id, settled, stay);
  await recordNotes(context.db, connection.id, notesWritten(batch, tags, outcomes), context.clock.now());
  for (const { key, tags: result } of outcomes) {
    const held = result?.partnerAccount;
    if (held !== undefined) await comparePartner(batch, key, held);
  }
}

function notesWritten(
  batch: MirrorBatch,
  tags: Tags,
  outcomes: readonly LinkOutcome[],
): (KnownNote & { dealId: string })[] {
  const hashes = new Map(batch.items.map((item) => [item.mirror.dealId, item.note?.hash ?? '']));
  return outcomes.flatMap(({ key, tags: result }) => {
    const object = tags.get(key)?.note?.object;
    if (result?.note === undefined || object === undefined) return [];
    const crmId = result.note === 'gone' ? null : result.note.crmId;
    return [{ dealId: key, object, crmId, hash: hashes.get(key) ?? '' }];
  });
}

/** The CRM's own partner field is shown against ours; it is derived from the owner there, so nobody can write it. */
async function comparePartner(
  batch: MirrorBatch,
  dealId: string,
  { held, agrees }: NonNullable<TagResult['partnerAccount']>,
): Promise<void> {
  const { context, connection } = batch;
  const item = batch.items.find((one) => one.mirror.dealId === dealId);
  const ours = item?.view.partnerAccountId ?? null;
  const card = { connectionId: connection.id, kind: 'partner-account-differs', subject: dealId };
  const now = context.clock.now();
  if (agrees) {
    await closeCards(context.db, card, now);
    return;
  }
  const plain = `The CRM holds ${held} as the partner account of "${item?.view.view['deal.name'] ?? dealId}", Tributary ${ours}.`;
  const nextStep =
    'If the deal belongs to the other partner, decide it in the programme; else make a user of the right partner the owner.';
  await openCard(context.db, { ...card, plain, nextStep, details: { held, ours } }, now);
}
