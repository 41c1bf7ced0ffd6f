import { z } from 'zod';

/** What the proxy found wrong with a request or an answer. */
export interface Violation {
  /** e.g. `request.body.inputs.0` or `response.body`. */
  location: string;
  code: string;
  message: string;
}

const headerSchema = z.array(
  z.object({
    location: z.array(z.string()).default([]),
    severity: z.string(),
    code: z.union([z.string(), z.number()]).default(''),
    message: z.string(),
  }),
);

/** Reads Prism's `sl-violations` header; only what it calls an error counts. */
export function readViolations(header: string | undefined): Violation[] {
  if (header === undefined) return [];
  return headerSchema
    .parse(JSON.parse(header))
    .filter(({ severity }) => severity === 'Error')
    .map(({ location, code, message }) => ({ location: location.join('.'), code: String(code), message }));
}
