/** A piece of an org's set-up as the Metadata API reads and writes it. */

/** Elements by name. Everything read from an org is text. */
export interface Content {
  [element: string]: ContentValue;
}
export type ContentValue = string | number | boolean | Content | ContentValue[];

export interface Component {
  type: ComponentType;
  fullName: string;
  content: Content;
}

export type ComponentType =
  'CustomField' | 'StandardValueSet' | 'Layout' | 'PermissionSet' | 'PlatformEventChannelMember';

/** Ends the description of whatever Tributary made. What does not bear it is somebody else's and is never changed. */
export const MARK = 'Made by Tributary.';

export function isOurs(content: Content): boolean {
  const { description } = content;
  return typeof description === 'string' && description.includes(MARK);
}

/** A repeated element: none, one or several of them. */
export function listed(value: ContentValue | null | undefined): ContentValue[] {
  if (value === undefined || value === null || value === '') return [];
  return Array.isArray(value) ? value : [value];
}

/** The repeated elements that have elements of their own. */
export function elements(value: ContentValue | undefined): Content[] {
  return listed(value).filter((one): one is Content => typeof one === 'object' && !Array.isArray(one));
}

/** What an XML parser made of an answer, without attributes, and without elements that are nil. */
export function plain(value: unknown): ContentValue | null {
  if (Array.isArray(value)) return value.map(plain).filter((one) => one !== null);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : null;
  const { $: attributes, _: text, ...children } = value as Record<string, unknown>;
  if (isNil(attributes)) return null;
  if (typeof text === 'string') return text;
  const read = Object.entries(children).map(([name, child]) => [name, plain(child)] as const);
  return Object.fromEntries(read.filter((entry): entry is [string, ContentValue] => entry[1] !== null));
}

function isNil(attributes: unknown): boolean {
  return typeof attributes === 'object' && attributes !== null && Object.values(attributes).includes('true');
}
