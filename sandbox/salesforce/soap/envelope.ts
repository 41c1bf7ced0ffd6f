import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { SoapFault } from './fault.ts';

/**
 * An element's content: text, or elements by name without prefix (an array where one name repeats).
 * Attributes are `@name`, without prefix: `@nil`, `@type`. An empty element is ''.
 */
export type XmlValue = string | XmlElement | readonly XmlValue[];
export interface XmlElement {
  readonly [name: string]: XmlValue | undefined;
}

/** One operation called through SOAP. */
export interface SoapCall {
  /** Name of the element in the body, such as `login`. */
  operation: string;
  /** The operation's arguments. */
  input: XmlElement;
  /** Of `SessionHeader`; undefined when none was sent. */
  sessionId: string | undefined;
  /** All headers, by name without prefix. */
  headers: XmlElement;
}

// Values stay text: `0012` is no number to the vendor, and `1.0` must come back as it was.
const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
});

/** Reads a SOAP 1.1 request. Throws a SoapFault when it is none. */
export function readEnvelope(text: string): SoapCall {
  const envelope = childOf(parseOrRefuse(text), 'Envelope');
  const body = envelope === undefined ? undefined : childOf(envelope, 'Body');
  if (envelope === undefined || body === undefined) throw malformedEnvelope('no SOAP envelope with a body');
  const operation = Object.keys(body).find((name) => !name.startsWith('@') && name !== '#text');
  if (operation === undefined) throw malformedEnvelope('the body is empty');
  const headers = childOf(envelope, 'Header') ?? {};
  const session = childOf(headers, 'SessionHeader');
  return {
    operation,
    input: childOf(body, operation) ?? {},
    sessionId: session === undefined ? undefined : textOf(session, 'sessionId'),
    headers,
  };
}

/** Renders an operation's answer: `content` inside `<{operation}Response>`, in the API's namespace. */
export function writeResponse(namespace: string, operation: string, content: unknown): string {
  return writeEnvelope({ [`${operation}Response`]: content }, { '@xmlns': namespace });
}

/** Renders an envelope around a body. Null and undefined elements are left out; arrays repeat their element. */
export function writeEnvelope(body: Record<string, unknown>, namespaces: Record<string, string>): string {
  const document = {
    'soapenv:Envelope': {
      '@xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
      ...namespaces,
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'soapenv:Body': body,
    },
  };
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build(withoutNulls(document))}`;
}

/** The element of a name, when it has content or attributes. The first one where it repeats. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  const child = listOf(element, name)[0];
  return child === '' ? {} : isElement(child) ? child : undefined;
}

/** Every element of a name, in order; none is []. */
export function listOf(element: XmlElement, name: string): readonly XmlValue[] {
  const value = element[name];
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

/** The text of an element; undefined when it is missing or nil. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const child = listOf(element, name)[0];
  if (typeof child === 'string' || child === undefined) return child;
  if (!isElement(child) || child['@nil'] === 'true') return undefined;
  const text = child['#text'];
  return typeof text === 'string' ? text : '';
}

/** Whether a value has elements or attributes of its own. */
export function isElement(value: XmlValue | undefined): value is XmlElement {
  return typeof value === 'object' && !isList(value);
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function parseOrRefuse(text: string): XmlElement {
  // An entity of the sender's own making could name a file or grow without end; SOAP forbids it anyway.
  if (/<!DOCTYPE/i.test(text)) throw malformedEnvelope('a document type is not allowed');
  try {
    return parser.parse(text, true) as XmlElement;
  } catch (error) {
    throw malformedEnvelope(error instanceof Error ? error.message : 'not XML');
  }
}

function malformedEnvelope(reason: string): SoapFault {
  return new SoapFault('soapenv:Client', `Unable to parse the SOAP message: ${reason}`);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutNulls(one)]));
}
