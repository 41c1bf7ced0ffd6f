import { malformedSearch } from './parse-sosl.ts';

/** Tells whether words stand in a record's searchable text. */
export type TextTest = (words: readonly string[]) => boolean;

const SHORTEST = 2;

/** A text's words, as the index keeps them: letters and digits, whatever their case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Compiles a search expression: words that must all be there, `"whole phrases"`, AND, OR, AND NOT, parentheses,
 * `*` for any ending and `?` for one character. Throws MALFORMED_SEARCH when it is too short.
 */
export function compileSearchText(text: string): TextTest {
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '');
  if (letters.length < SHORTEST)
    throw malformedSearch(`search term must be longer than one character: ${text}`);
  const tokens = text.match(/"[^"]*"|\(|\)|[^\s()"]+/g) ?? [];
  const test = readAny(tokens);
  if (tokens.length > 0) throw malformedSearch(`unexpected token: '${tokens[0] ?? ''}'`);
  return test;
}

function readAny(tokens: string[]): TextTest {
  const parts = [readAll(tokens)];
  while (tokens[0]?.toUpperCase() === 'OR') {
    tokens.shift();
    parts.push(readAll(tokens));
  }
  return (words) => parts.some((part) => part(words));
}

function readAll(tokens: string[]): TextTest {
  const parts: TextTest[] = [];
  while (tokens.length > 0 && tokens[0] !== ')' && tokens[0]?.toUpperCase() !== 'OR') {
    if (tokens[0]?.toUpperCase() === 'AND') tokens.shift();
    if (tokens[0]?.toUpperCase() === 'NOT') {
      tokens.shift();
      const inner = readOne(tokens);
      parts.push((words) => !inner(words));
    } else parts.push(readOne(tokens));
  }
  if (parts.length === 0) throw malformedSearch("unexpected token: '<EOF>'");
  return (words) => parts.every((part) => part(words));
}

function readOne(tokens: string[]): TextTest {
  const token = tokens.shift() ?? '';
  if (token !== '(') return phrase(token.replaceAll('"', ''));
  const inner = readAny(tokens);
  if (tokens.shift() !== ')') throw malformedSearch("expecting a right parentheses, found '<EOF>'");
  return inner;
}

/** Words in a row; a word without wildcards is a phrase of one. */
function phrase(text: string): TextTest {
  const patterns = (text.toLowerCase().match(/[\p{L}\p{N}*?]+/gu) ?? []).map(
    (word) => new RegExp(`^${word.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u'),
  );
  if (patterns.length === 0) return () => true;
  return (words) =>
    words.some((_word, at) => patterns.every((pattern, offset) => pattern.test(words[at + offset] ?? '')));
}
