import { z } from 'zod';
import { isElement, type XmlElement, type XmlValue } from '../soap/envelope.ts';
import { SoapFault } from '../soap/fault.ts';

/** A component as its author wrote it, whether in XML or JSON: texts, elements and lists of them, without attributes. */
export interface Plain {
  [name: string]: unknown;
}

/** Takes attributes and namespaces off an element. `xsi:nil` becomes null; everything else stays text. */
export function plainOf(element: XmlElement): Plain {
  const plain: Plain = {};
  for (const [name, value] of Object.entries(element)) {
    if (name.startsWith('@') || value === undefined) continue;
    plain[name] = plainValue(value);
  }
  return plain;
}

function plainValue(value: XmlValue): unknown {
  if (typeof value === 'string') return value;
  if (!isElement(value)) return (value as readonly XmlValue[]).map(plainValue);
  if (value['@nil'] === 'true') return null;
  return value['#text'] === undefined ? plainOf(value) : value['#text'];
}

/** Text that may be left out. An empty element is no text. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));

/** `true` or `false`, from XML or JSON. */
export const optionalBoolean = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .nullish()
  .transform((value) =>
    value === null || value === undefined || value === '' ? undefined : [true, 'true', '1'].includes(value),
  );

/** A whole number, from XML or JSON. */
export const optionalNumber = z
  .union([z.number(), z.string().regex(/^-?\d*$/)])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : Number(value)));

/** A repeated element: none, one or several of them. */
export function listOf<T extends z.ZodType>(item: T) {
  const asList = (value: unknown): unknown[] =>
    value === undefined || value === null || value === '' ? [] : Array.isArray(value) ? value : [value];
  return z.preprocess(asList, z.array(item));
}

/**
 * Reads a component by its shape. What the shape does not know is refused the way the vendor's parser does,
 * before anything of the call is carried out.
 */
export function readShape<T>(shape: z.ZodType<T>, type: string, plain: Plain): T {
  const read = shape.safeParse(plain);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const element = `{http://soap.sforce.com/2006/04/metadata}${issue.keys[0] ?? ''}`;
    throw new SoapFault('soapenv:Client', `Element ${element} invalid at this location in type ${type}`);
  }
  const at = issue?.path.join('.') ?? '';
  throw new SoapFault('soapenv:Client', `'${at}' of type ${type} cannot be read: ${issue?.message ?? ''}`);
}

/** A copy without the parts that are undefined, so that what is kept and shown holds only what was said. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

/** A copy without some parts. */
export function omit<T extends object, const K extends keyof T>(
  value: T,
  ...names: readonly K[]
): Omit<T, K> {
  const left = { ...value };
  for (const name of names) delete left[name];
  return left;
}

/** Reads what is kept of a component: all that was said, but for its full name. */
export function readContent<T extends { fullName?: unknown }>(
  shape: z.ZodType<T>,
  type: string,
  plain: Plain,
): Omit<T, 'fullName'> {
  return omit(withoutUndefined(readShape(shape, type, plain)), 'fullName');
}
