import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { XmlElement } from '../soap/envelope.ts';
import { plainOf, type Plain } from './plain.ts';

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
  format: true,
  indentBy: '    ',
});

/** Reads a file of a package: the name of its root element, and what is in it. Throws an Error on anything that is no XML. */
export function readXmlFile(text: string): { root: string; plain: Plain } {
  if (/<!DOCTYPE/i.test(text)) throw new Error('a document type is not allowed');
  const document = parser.parse(text, true) as XmlElement;
  const [root = ''] = Object.keys(document);
  const element = document[root];
  return {
    root,
    plain: typeof element === 'object' && !Array.isArray(element) ? plainOf(element as XmlElement) : {},
  };
}

/** Writes a file of a package. */
export function writeXmlFile(root: string, plain: Plain): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { '@xmlns': NAMESPACE, ...plain } })}`;
}
