import { DmlError } from '../dml/dml-error.ts';
import type { RecordRules } from './contract.ts';

/**
 * A note's content is base64 of HTML or of plain text; line breaks are stripped (the vendor's object reference on
 * ContentNote). Making one also makes a link to whoever made it.
 * Provoked by: content that is no base64, JSON_PARSER_ERROR.
 */
export const contentNoteRules: RecordRules = {
  derive(_org, values, before) {
    if (before === undefined) Object.assign(values, { FileType: 'SNOTE', FileExtension: 'snote' });
    const content = values['Content'];
    if (typeof content !== 'string') return;
    const html = decoded(content).replace(/[\r\n]+/g, '');
    values['Content'] = Buffer.from(html).toString('base64');
    values['ContentSize'] = Buffer.byteLength(html);
    values['TextPreview'] = html
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .slice(0, 255);
  },
  followUp(org, transaction, after, before) {
    if (before !== undefined) return;
    const { type } = org.table('ContentDocumentLink');
    const values = {
      ContentDocumentId: after['Id'] as string,
      LinkedEntityId: after['OwnerId'] as string,
      ShareType: 'I',
      Visibility: 'AllUsers',
    };
    transaction.write({ type, op: 'create', values, automation: true });
  },
};

/** Provoked by: the second link of a note to one record. */
export const contentDocumentLinkRules: RecordRules = {
  derive(org, values, before) {
    if (before !== undefined) return;
    const table = org.table('ContentDocumentLink');
    for (const id of table.lookup('ContentDocumentId', String(values['ContentDocumentId'])) ?? []) {
      const row = table.get(id);
      if (
        row === undefined ||
        row['IsDeleted'] === true ||
        row['LinkedEntityId'] !== values['LinkedEntityId']
      )
        continue;
      throw new DmlError(
        'DUPLICATE_VALUE',
        `duplicate value found: LinkedEntityId duplicates value on record with id: ${id}`,
      );
    }
  },
};

function decoded(content: string): string {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(content) && content.length % 4 === 0)
    return Buffer.from(content, 'base64').toString();
  throw new DmlError('JSON_PARSER_ERROR', 'Content is not a valid value for the type xsd:base64Binary', [
    'Content',
  ]);
}
