import { parseQuery, type Query } from '@jetstreamapp/soql-parser-js';
import { malformed } from './query-error.ts';

/** Longest statement the vendor reads. */
const MAX_CHARACTERS = 100_000;
const CACHE_SIZE = 200;

const cache = new Map<string, Query>();

/** Parses a SOQL statement; polls send the same text again and again, so the newest are kept. Throws MALFORMED_QUERY. */
export function parseSoql(text: string): Query {
  const known = cache.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_CHARACTERS) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_CHARACTERS} characters.`);
  }
  const query = parseOrRefuse(text);
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
  cache.set(text, query);
  return query;
}

function parseOrRefuse(text: string): Query {
  try {
    return parseQuery(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unexpected token';
    throw malformed(`unexpected token: ${reason}`);
  }
}
