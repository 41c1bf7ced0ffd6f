import type { FieldValue } from '../crm/connector.ts';
import { evaluateRow, type SourceView } from '../mapping/evaluate.ts';
import { isReps } from '../mapping/field-owners.ts';
import { sameValue } from '../mapping/same-value.ts';
import type { Mapping, SourcePath, WriteRow } from '../mapping/schema.ts';
import type { FieldMemory, Offer, Offers } from './field-memory.ts';

/** What a partner says about a deal. Everything else that a mapping writes is ours or the programme's. */
const partnersSay: ReadonlySet<SourcePath> = new Set([
  'deal.name',
  'deal.amount',
  'deal.currency',
  'deal.expectedCloseDate',
  'deal.products',
  'refs.account',
  'refs.contact',
]);

/** A field that a partner gave a value to and that is not ours to write (any more). */
export interface LateEdit {
  record: 'deal' | 'contact';
  field: string;
  /** Where it is kept in a memory's offers. */
  key: string;
  offer: Offer;
  /** As it would be written. */
  proposed: FieldValue;
}

export interface LateEdits {
  changed: LateEdit[];
  /** Fields of which it is not known what they were last offered: from now on it is this. */
  unknown: Offers;
}

interface PartnersField {
  record: LateEdit['record'];
  row: WriteRow;
  key: string;
  offer: Offer;
}

type DealMapping = Pick<Mapping, 'deal' | 'contact'>;

/** What of the registration goes into fields that are, or will be, the rep's: remembered with what was sent. */
export function offersOf(
  mapping: DealMapping,
  source: SourceView,
  contactId: string | null,
  handedOver: ReadonlySet<string>,
): Offers {
  const given = partnersFields(mapping, source, contactId).filter(
    ({ record, row }) => record === 'contact' || row.when === 'create' || !handedOver.has(row.to),
  );
  return Object.fromEntries(given.map(({ key, offer }) => [key, offer]));
}

/**
 * What the partner changed after the field became the rep's: compared with what the field was last given, or last asked
 * about, so that an edit that was declined is not an edit again. A value that was taken away proposes nothing.
 * @throws MappingError when the new value breaks a rule of its row
 */
export function lateEdits(
  memory: FieldMemory,
  mapping: DealMapping,
  source: SourceView,
  contactId: string | null,
): LateEdits {
  const handedOver = new Set(memory.handedOver);
  const edits: LateEdits = { changed: [], unknown: {} };
  for (const { record, row, key, offer } of partnersFields(mapping, source, contactId)) {
    if (record === 'deal' && !isReps(row, handedOver)) continue;
    const before = memory.offered[key];
    if (!before || before.from !== offer.from || before.id !== offer.id) edits.unknown[key] = offer;
    else if (!sameValue(before.v, offer.v)) {
      const proposed = evaluateRow(row, source);
      if (proposed !== null) edits.changed.push({ record, field: row.to, key, offer, proposed });
    }
  }
  return edits;
}

function partnersFields(mapping: DealMapping, source: SourceView, contactId: string | null): PartnersField[] {
  const deal = mapping.deal.write.flatMap((row) =>
    row.from !== undefined && partnersSay.has(row.from) && (row.when === 'create' || row.until !== undefined)
      ? [
          {
            record: 'deal' as const,
            row,
            key: row.to,
            offer: { from: row.from, v: source[row.from] ?? null },
          },
        ]
      : [],
  );
  if (contactId === null) return deal;
  const contact = mapping.contact.write.flatMap((row) =>
    row.from?.startsWith('contact.') && row.from !== 'contact.key'
      ? [
          {
            record: 'contact' as const,
            row,
            key: `contact:${row.to}`,
            offer: { from: row.from, v: source[row.from] ?? null, id: contactId },
          },
        ]
      : [],
  );
  return [...deal, ...contact];
}
