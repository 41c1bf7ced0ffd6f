import { readFileSync } from 'node:fs';
import { z } from 'zod';

const exchangeSchema = z.object({
  method: z.string(),
  path: z.string(),
  /** Parameters as they stood in the URL: still percent-encoded. */
  query: z.record(z.string(), z.string()).optional(),
  request: z.unknown().optional(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  response: z.unknown(),
});

/** One request to a real org and its answer. */
export type Exchange = z.infer<typeof exchangeSchema>;

/** What was asked and answered, without the headers. */
export type Call = Omit<Exchange, 'headers'>;

/** Reads recorded exchanges, one JSON document a line. Throws on a line of another shape. */
export function readExchanges(file: string): Exchange[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => exchangeSchema.parse(JSON.parse(line)));
}

/** The path and query to send. */
export function target({ path, query = {} }: Pick<Exchange, 'path' | 'query'>): string {
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
}
