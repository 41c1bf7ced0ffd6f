import { RestError } from '../rest/rest-error.ts';

/** Where a search looks. */
export type SearchScope = 'ALL' | 'NAME' | 'EMAIL' | 'PHONE' | 'SIDEBAR';

/** What a search returns of one object. `clauses` is the WHERE and ORDER BY as written, to be read as SOQL. */
export interface Returning {
  object: string;
  fields: string[];
  clauses: string;
  limit: number | undefined;
  offset: number;
}

/** A search, however it was asked for. */
export interface Search {
  text: string;
  scope: SearchScope;
  /** Undefined: ids of every searchable object. */
  returning: Returning[] | undefined;
  limit: number | undefined;
}

/** Reads `FIND {text} IN NAME FIELDS RETURNING Account(Id, Name WHERE … LIMIT n), Contact LIMIT n`. Throws MALFORMED_SEARCH. */
export function parseSosl(sosl: string): Search {
  const find = /^\s*FIND\s*\{((?:\\.|[^\\}])*)\}/is.exec(sosl);
  if (find === null)
    throw malformedSearch('No search term found. The search term must be enclosed in braces.');
  let rest = sosl.slice(find[0].length);
  const scope = /^\s+IN\s+(ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS\b/i.exec(rest);
  rest = rest.slice(scope?.[0].length ?? 0);
  const returning = /^\s+RETURNING\s+/i.exec(rest);
  rest = rest.slice(returning?.[0].length ?? 0);
  const read = returning === null ? undefined : readReturning(rest);
  rest = read?.rest ?? rest;
  const limit = /^\s*LIMIT\s+(\d+)\s*$/i.exec(rest);
  if (limit === null && rest.trim() !== '')
    throw malformedSearch(`unexpected token: '${rest.trim().split(/\s+/)[0] ?? ''}'`);
  return {
    text: unescape(find[1] ?? ''),
    scope: readScope(scope?.[1]),
    returning: read?.list,
    limit: limit === null ? undefined : Number(limit[1]),
  };
}

/** `NAME FIELDS` or `NAME`; everything when nothing is said. */
export function readScope(name: string | undefined): SearchScope {
  return (name?.toUpperCase() ?? 'ALL') as SearchScope;
}

/** The text is no search. */
export function malformedSearch(message: string): RestError {
  return new RestError(400, 'MALFORMED_SEARCH', message);
}

function unescape(text: string): string {
  return text.replace(/\\([?&|!{}[\]()^~*:\\"'+-])/g, '$1');
}

function readReturning(text: string): { list: Returning[]; rest: string } {
  const list: Returning[] = [];
  let rest = text;
  for (;;) {
    const name = /^\s*(\w+)/.exec(rest);
    if (name === null) throw malformedSearch("unexpected token: '<EOF>'");
    rest = rest.slice(name[0].length);
    const inner = /^\s*\(/.test(rest) ? parenthesised(rest) : undefined;
    rest = inner?.rest ?? rest;
    list.push(readObject(name[1] ?? '', inner?.text ?? ''));
    const comma = /^\s*,/.exec(rest);
    if (comma === null) return { list, rest };
    rest = rest.slice(comma[0].length);
  }
}

/** The text up to the parenthesis that closes the first one; those in quotes do not count. */
function parenthesised(text: string): { text: string; rest: string } {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/'(?:\\.|[^'\\])*'|[()]/g)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth === 0 && token === ')') {
      return { text: text.slice(text.indexOf('(') + 1, index), rest: text.slice(index + 1) };
    }
  }
  throw malformedSearch("expecting a right parentheses, found '<EOF>'");
}

function readObject(object: string, inner: string): Returning {
  const offset = /\s+OFFSET\s+(\d+)\s*$/i.exec(inner);
  const withoutOffset = inner.slice(0, offset?.index);
  const limit = /\s+LIMIT\s+(\d+)\s*$/i.exec(withoutOffset);
  const withoutLimit = withoutOffset.slice(0, limit?.index);
  const at = /\s+(?:USING|WHERE|ORDER\s+BY)\s/i.exec(withoutLimit)?.index ?? withoutLimit.length;
  return {
    object,
    fields: withoutLimit
      .slice(0, at)
      .split(',')
      .map((field) => field.trim())
      .filter((field) => field !== ''),
    clauses: withoutLimit.slice(at).trim(),
    limit: limit === null ? undefined : Number(limit[1]),
    offset: offset === null ? 0 : Number(offset[1]),
  };
}
