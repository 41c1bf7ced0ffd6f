import { readFileSync } from 'node:fs';
import { z } from 'zod';

const headersSchema = z.record(z.string(), z.string()).default({});

const exchangeSchema = z.object({
  request: z.object({
    method: z.string(),
    path: z.string(),
    /** Parameters decoded; several values of one name as a list. */
    query: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    headers: headersSchema,
    /** Parsed JSON, or the text of a form. */
    body: z.unknown().optional(),
  }),
  response: z.object({
    status: z.number().int(),
    headers: headersSchema,
    /** Parsed JSON, or the text of anything else. */
    body: z.unknown().optional(),
  }),
});

/** One request to a real portal and its answer. */
export type Exchange = z.infer<typeof exchangeSchema>;

/** Reads recorded exchanges, one JSON document a line. @throws Error that names a line of another shape. */
export function readExchanges(file: string): Exchange[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = exchangeSchema.safeParse(JSON.parse(line));
    if (parsed.success) return [parsed.data];
    throw new Error(`${file}:${index + 1} is not an exchange: ${z.prettifyError(parsed.error)}`);
  });
}
