/**
 * HubSpot reports bad property values as JSON inside the error's message:
 * `Property values were not valid: [{"isValid":false,"message":"…","error":"PROPERTY_DOESNT_EXIST","name":"foo",…}]`.
 */
import { z } from 'zod';

const Fault = z.object({ name: z.string(), message: z.string().optional(), error: z.string().optional() });

export interface PropertyFault {
  name: string;
  /** HubSpot's code, e.g. `PROPERTY_DOESNT_EXIST`. */
  code?: string;
  reason: string;
}

/** The code of a property that the portal does not have: every record that carries it is refused for the same reason. */
export const NO_SUCH_PROPERTY = 'PROPERTY_DOESNT_EXIST';

/** The portal is not what it was when it was described: a property or an option is gone, or may not be written any more. */
const SCHEMA_CODES = new Set([NO_SUCH_PROPERTY, 'INVALID_OPTION', 'READ_ONLY_VALUE']);

export function isAboutSchema({ code }: PropertyFault): boolean {
  return code !== undefined && SCHEMA_CODES.has(code);
}

/** The faults inside the message, each named by its property; [] when the message is of another kind. */
export function invalidProperties(message: string): PropertyFault[] {
  const list = jsonListWithin(message);
  if (!Array.isArray(list)) return [];
  return list.flatMap((element) => {
    const parsed = Fault.safeParse(element);
    return parsed.success ? [describe(parsed.data)] : [];
  });
}

/** The property that other messages speak of: `Property "foo" does not exist`, or the error's own context. */
export function namedProperty(
  message: string,
  contexts: readonly Record<string, unknown>[],
): string | undefined {
  for (const context of contexts) {
    const name = [context['propertyName'], context['name']].flat()[0];
    if (typeof name === 'string') return name;
  }
  return /propert(?:y|ies)\b[^"'a-z]*["']?([a-z][a-z0-9_]*_[a-z0-9_]+)/i.exec(message)?.[1];
}

function describe({ name, message, error }: z.infer<typeof Fault>): PropertyFault {
  if (error === NO_SUCH_PROPERTY) return { name, code: error, reason: 'the portal has no such property' };
  return { name, ...(error === undefined ? {} : { code: error }), reason: message ?? error ?? 'not valid' };
}

function jsonListWithin(message: string): unknown {
  const start = message.indexOf('[{');
  const end = message.lastIndexOf(']');
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(message.slice(start, end + 1));
  } catch {
    return undefined;
  }
}
