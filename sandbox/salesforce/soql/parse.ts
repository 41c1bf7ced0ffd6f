import { createRequire } from 'node:module';
import type * as SoqlParser from '@jetstreamapp/soql-parser-js';
import { malformed, unexpectedToken } from './query-error.ts';

/** A statement as parsed, and what it asks for beside records. */
export interface ParsedQuery {
  query: SoqlParser.Query;
  /** `FOR VIEW` and `FOR REFERENCE`: the records become recently viewed ones. */
  marks: { view: boolean; reference: boolean };
}

/** Longest statement the vendor reads. */
const MAX_CHARACTERS = 100_000;
const CACHE_SIZE = 200;

const load = createRequire(import.meta.url);
let parser: typeof SoqlParser | undefined;

/** Loaded with the first query: building its tables takes a third of a second, a fifth of an org's whole start. */
function loadParser(): typeof SoqlParser {
  parser ??= load('@jetstreamapp/soql-parser-js') as typeof SoqlParser;
  return parser;
}

const cache = new Map<string, ParsedQuery>();

/** Parses a SOQL statement; polls send the same text again and again, so the newest are kept. Throws MALFORMED_QUERY. */
export function parseSoql(text: string): ParsedQuery {
  const known = cache.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_CHARACTERS) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_CHARACTERS} characters.`);
  }
  const parsed = parseOrRefuse(text);
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
  cache.set(text, parsed);
  return parsed;
}

function parseOrRefuse(text: string): ParsedQuery {
  if (/\sALL\s+ROWS\s*$/i.test(text)) throw malformed('ALL ROWS not allowed in this context');
  const marks = { view: false, reference: false };
  // The parser knows one FOR clause, the language lets both follow each other.
  const statement = text.replace(/(?:\s+FOR\s+(?:VIEW|REFERENCE))+\s*$/i, (clauses) => {
    marks.view = /VIEW/i.test(clauses);
    marks.reference = /REFERENCE/i.test(clauses);
    return '';
  });
  try {
    return { query: loadParser().parseQuery(statement), marks };
  } catch (error) {
    throw unexpectedToken(text, tokenOf(error));
  }
}

/** The token the parser stumbled over, which its message ends with; empty at the end of the text. */
function tokenOf(error: unknown): string {
  const message = (error as { message?: string } | null)?.message ?? '';
  const [, found, character] =
    /but found(?: -->|:)\s*'?(.*?)'?(?: <--)?\s*$/.exec(message) ??
    /()unexpected character: ->(.)<-/.exec(message) ??
    [];
  return found === undefined || found === '' ? (character ?? '') : found;
}
