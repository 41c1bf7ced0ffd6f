/**
 * Where a note can be kept. Enhanced notes (`ContentNote`) are files that hang on a record by a `ContentDocumentLink`;
 * where an org has them off, a classic `Note`, or a finished `Task`, says the same.
 * Source: the vendor's object reference on ContentNote, ContentDocumentLink, Note and Task.
 */
import type { DealNote } from '../../../src/crm/tags.ts';

export interface NoteKind {
  object: string;
  title: string;
  /** The lookup to the deal; absent where the note hangs on it by a record of its own. */
  parent?: string;
  longestTitle: number;
  /** What is written when the text changes, and with what a note begins. */
  content(note: DealNote): Record<string, string>;
  atFirst: Record<string, string>;
}

/** The best first. */
export const noteKinds: readonly NoteKind[] = [
  {
    object: 'ContentNote',
    title: 'Title',
    longestTitle: 255,
    // Base64 of HTML: line breaks are stripped, and signs that are not escaped are taken for markup.
    content: ({ text }) => ({ Content: Buffer.from(toHtml(text)).toString('base64') }),
    atFirst: {},
  },
  {
    object: 'Note',
    title: 'Title',
    parent: 'ParentId',
    longestTitle: 80,
    content: ({ text }) => ({ Body: text }),
    atFirst: {},
  },
  {
    object: 'Task',
    title: 'Subject',
    parent: 'WhatId',
    longestTitle: 255,
    content: ({ text }) => ({ Description: text }),
    // Nobody has anything to do: an open task would stand in the rep's list.
    atFirst: { Status: 'Completed' },
  },
];

/** `null` when the name is none of ours. */
export function noteKindOf(object: string): NoteKind | null {
  return noteKinds.find((kind) => kind.object === object) ?? null;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function toHtml(text: string): string {
  const paragraphs = text
    .split('\n')
    .map((line) => line.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign));
  return paragraphs.map((line) => `<p>${line === '' ? '&nbsp;' : line}</p>`).join('');
}
